// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/checker.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace h2h {
namespace {

using Rule = Violation::Rule;

// The rules of the model in the checker's own words. What the evaluators take from elsewhere is worked out
// anew here, so that one mistake does not hide another.

__extension__ using Wide = __int128;

/// Whole bytes of so many elements, or of a part of them.
std::int64_t bytes(std::int64_t elements, int bits, std::int64_t part = 1, std::int64_t of = 1) {
  const Wide eighths = static_cast<Wide>(elements) * part * bits;
  const Wide divisor = static_cast<Wide>(of) * 8;
  return static_cast<std::int64_t>(eighths / divisor + (eighths % divisor == 0 ? 0 : 1));
}

std::int64_t weight_bytes(const Layer& layer, const Device& device) {
  return bytes(layer.weights(), device.weight_bits);
}

std::int64_t ofm_elements(const Layer& layer, IfmExtent extent) {
  const Shape out = layer.output();
  // The release takes one step out of an LSTM.
  if (extent == IfmExtent::output_doubled && layer.type() == LayerType::lstm)
    return layer.batch * out.channels;
  return layer.batch * out.channels * out.height * out.width;
}

std::int64_t ofm_bytes(const Layer& layer, const Device& device, IfmExtent extent) {
  return bytes(ofm_elements(layer, extent), device.activation_bits);
}

std::int64_t ifm_elements(const Layer& layer, IfmExtent extent) {
  Shape in = layer.input();
  if (extent == IfmExtent::output_doubled && layer.type() == LayerType::conv) {
    in.height = 2 * layer.output().height;
    in.width = 2 * layer.output().width;
  }
  if (extent == IfmExtent::output_doubled && layer.type() == LayerType::lstm) in.height = in.width = 1;
  return layer.batch * in.channels * in.height * in.width;
}

/// What a layer reads over one edge: its part of the input feature map, or for a residual as much as it
/// writes.
std::int64_t edge_bytes(const Layer& layer, const Dependency& edge, const Device& device, IfmExtent extent) {
  if (edge.role == Dependency::Role::residual) return ofm_bytes(layer, device, extent);
  return bytes(ifm_elements(layer, extent), device.activation_bits, edge.features, edge.of_features);
}

/// Whether every layer can run behind its producers and behind the one before it on its accelerator: layers
/// are taken from the fronts of the orders until none is free to go.
bool can_run(const Workload& workload, const std::vector<std::vector<LayerIndex>>& orders) {
  const Workload::Graph& graph = workload.graph();
  std::vector<std::size_t> missing(workload.size());
  std::vector<std::size_t> front(orders.size());
  std::vector<std::size_t> of_layer(workload.size());
  for (LayerIndex layer = 0; layer < workload.size(); ++layer)
    missing[layer] = boost::in_degree(layer, graph);
  std::vector<std::size_t> to_look_at(orders.size());
  for (std::size_t a = 0; a < orders.size(); ++a) {
    to_look_at[a] = a;
    for (const LayerIndex layer : orders[a]) of_layer[layer] = a;
  }
  std::size_t run = 0;
  while (!to_look_at.empty()) {
    const std::size_t a = to_look_at.back();
    to_look_at.pop_back();
    for (; front[a] < orders[a].size() && missing[orders[a][front[a]]] == 0; ++front[a], ++run) {
      for (const auto edge : boost::make_iterator_range(boost::out_edges(orders[a][front[a]], graph))) {
        const auto consumer = boost::target(edge, graph);
        if (--missing[consumer] == 0) to_look_at.push_back(of_layer[consumer]);
      }
    }
  }
  return run == workload.size();
}

/// Rounding that sums of some hundred durations may carry.
constexpr double kRelative = 1e-9;

class MappingChecker {
 public:
  MappingChecker(const Problem& problem, const Mapping& mapping) : problem_(problem), mapping_(mapping) {}

  std::vector<Violation> run() {
    if (!has_right_sizes()) return std::move(found_);
    find_positions();
    if (!found_.empty()) return std::move(found_);
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) check_support(layer);
    for (TensorIndex tensor = 0; tensor < problem_.tensors(); ++tensor) check_fusion(tensor);
    if (!can_run(problem_.workload(), mapping_.order)) {
      add(Rule::dependency, "the orders of the accelerators contradict the dependencies of the workload");
    }
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) check_memory(a);
    return std::move(found_);
  }

 private:
  void add(Rule rule, std::string message) { found_.push_back({rule, std::move(message)}); }
  const std::string& name(LayerIndex layer) const { return problem_.workload().layer(layer).name; }
  const Accelerator& device(AcceleratorIndex a) const { return problem_.system().accelerators[a]; }

  bool has_right_sizes() {
    const bool right =
        mapping_.accelerator.size() == problem_.layers() && mapping_.pinned.size() == problem_.layers() &&
        mapping_.fused.size() == problem_.tensors() && mapping_.order.size() == problem_.accelerators();
    if (!right) add(Rule::complete, "the mapping belongs to another workload or platform");
    return right;
  }

  void find_positions() {
    position_.assign(problem_.layers(), 0);
    std::vector<int> seen(problem_.layers());
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) {
      for (std::size_t i = 0; i < mapping_.order[a].size(); ++i) {
        const LayerIndex layer = mapping_.order[a][i];
        if (layer >= problem_.layers())
          return add(Rule::complete, "the mapping names a layer that does not exist");
        ++seen[layer];
        position_[layer] = i;
        if (mapping_.accelerator[layer] != a) {
          add(Rule::complete, fmt::format("layer '{}' is in the order of '{}' but mapped elsewhere",
                                          name(layer), device(a).name));
        }
      }
    }
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (seen[layer] != 1)
        add(Rule::complete, fmt::format("layer '{}' is mapped {} times", name(layer), seen[layer]));
    }
  }

  void check_support(LayerIndex layer) {
    const Accelerator& on = device(mapping_.accelerator[layer]);
    if (!on.type.time(problem_.workload().layer(layer))) {
      add(Rule::supported,
          fmt::format("layer '{}' ({}) is mapped to '{}' ({}), which does not run it", name(layer),
                      to_string(problem_.workload().layer(layer).type()), on.name, on.type.name()));
    }
  }

  void check_fusion(TensorIndex tensor) {
    if (mapping_.fused[tensor] == 0) return;
    const Tensor& edge = problem_.tensor(tensor);
    if (edge.is_network_input()) {
      return add(Rule::fusion, fmt::format("the network's input of '{}' is fused, but nothing makes it",
                                           name(edge.consumer)));
    }
    if (mapping_.accelerator[edge.producer] != mapping_.accelerator[edge.consumer]) {
      return add(Rule::fusion,
                 fmt::format("'{}' and '{}' are fused, but run on '{}' and '{}'", name(edge.producer),
                             name(edge.consumer), device(mapping_.accelerator[edge.producer]).name,
                             device(mapping_.accelerator[edge.consumer]).name));
    }
    if (position_[edge.producer] > position_[edge.consumer]) {
      add(Rule::dependency, fmt::format("'{}' runs before '{}', whose output it reads", name(edge.consumer),
                                        name(edge.producer)));
    }
  }

  /// DRAM in use while each layer runs: a fused tensor lies there from its producer to its last fused
  /// consumer.
  void check_memory(AcceleratorIndex a) {
    const std::vector<LayerIndex>& order = mapping_.order[a];
    const Accelerator& on = device(a);
    std::int64_t pinned = 0;
    for (const LayerIndex layer : order) {
      if (mapping_.pinned[layer] != 0) {
        pinned += weight_bytes(problem_.workload().layer(layer), on.type.device);
      }
    }
    if (pinned > on.weight_budget_bytes) {
      add(Rule::weights, fmt::format("'{}' pins {} bytes of weights; its share of the DRAM is {}", on.name,
                                     pinned, on.weight_budget_bytes));
    }
    std::vector<std::int64_t> change(order.size() + 1);
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::size_t last = i;
      for (const TensorIndex tensor : problem_.outputs(order[i])) {
        const LayerIndex consumer = problem_.tensor(tensor).consumer;
        if (mapping_.fused[tensor] != 0 && mapping_.accelerator[consumer] == a)
          last = std::max(last, position_[consumer]);
      }
      if (last == i) continue;
      const std::int64_t tensor =
          ofm_bytes(problem_.workload().layer(order[i]), on.type.device, problem_.system().ifm_extent);
      change[i] += tensor;
      change[last + 1] -= tensor;
    }
    std::int64_t used = pinned;
    std::int64_t peak = pinned;
    for (const std::int64_t step : change) peak = std::max(peak, used += step);
    if (peak > on.dram_bytes) {
      add(Rule::dram, fmt::format("'{}' needs {} bytes of DRAM for weights and tensors; it has {}", on.name,
                                  peak, on.dram_bytes));
    }
  }

  const Problem& problem_;
  const Mapping& mapping_;
  std::vector<std::size_t> position_;
  std::vector<Violation> found_;
};

class ScheduleChecker {
 public:
  ScheduleChecker(const Problem& problem, const Mapping& mapping, const Schedule& schedule,
                  Contention contention)
      : problem_(problem), mapping_(mapping), schedule_(schedule), contention_(contention) {}

  std::vector<Violation> run(double latency_s) {
    double last = 0;
    for (const Activity& activity : schedule_.activities()) last = std::max(last, activity.end_s);
    tolerance_s_ = kRelative * last;
    if (!same(last, latency_s))
      add(Rule::latency,
          fmt::format("the latency is {} s, but the last activity ends at {} s", latency_s, last));
    bool all_due = true;
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer)
      all_due = check_activities(layer) && all_due;
    if (!all_due) return std::move(found_);  // what follows is about those that are due
    if (schedule_.execution() == Execution::serial) {
      for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) check_start(layer);
    } else {
      for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) check_lanes(a);
    }
    check_memory();
    return std::move(found_);
  }

 private:
  void add(Rule rule, std::string message) { found_.push_back({rule, std::move(message)}); }
  bool same(double a, double b) const { return std::abs(a - b) <= tolerance_s_; }
  const Layer& layer_of(LayerIndex layer) const { return problem_.workload().layer(layer); }
  const Accelerator& device_of(LayerIndex layer) const {
    return problem_.system().accelerators[mapping_.accelerator[layer]];
  }

  /// The transfers and the computation that a layer owes, in order.
  std::vector<Activity> due(LayerIndex index) const {
    const Layer& layer = layer_of(index);
    const Device& device = device_of(index).type.device;
    const IfmExtent extent = problem_.system().ifm_extent;
    std::vector<Activity> list;
    const std::int64_t weights = weight_bytes(layer, device);
    if (mapping_.pinned[index] == 0 && weights > 0)
      list.push_back({index, Stage::weights, Activity::kNoTensor, weights});
    const auto add_input = [&](TensorIndex tensor, const Dependency& edge) {
      const AcceleratorIndex made = mapping_.accelerator[problem_.tensor(tensor).producer];
      const bool is_pulled = problem_.is_direct() && made != mapping_.accelerator[index];
      const Device& has_it = is_pulled ? problem_.system().accelerators[made].type.device : device;
      list.push_back({index, Stage::input, tensor, edge_bytes(layer, edge, has_it, extent),
                      is_pulled ? made : Problem::kHost});
    };
    // The workload's own edges, inputs before residuals, against the tensors of the problem.
    TensorIndex tensor = *problem_.inputs(index).begin();
    const auto& graph = problem_.workload().graph();
    const auto edges = boost::make_iterator_range(boost::in_edges(index, graph));
    if (layer.reads_network_input) {
      list.push_back(
          {index, Stage::input, tensor++, bytes(ifm_elements(layer, extent), device.activation_bits)});
    }
    for (const auto role : {Dependency::Role::input, Dependency::Role::residual}) {
      for (const auto edge : edges) {
        if (graph[edge].role != role) continue;
        if (mapping_.fused[tensor] == 0) add_input(tensor, graph[edge]);
        ++tensor;
      }
    }
    list.push_back({index, Stage::compute});
    bool stored = boost::out_degree(index, graph) == 0;
    for (const TensorIndex output : problem_.outputs(index)) {
      const bool local =
          mapping_.accelerator[problem_.tensor(output).consumer] == mapping_.accelerator[index];
      stored = stored || (mapping_.fused[output] == 0 && (local || !problem_.is_direct()));
    }
    if (stored) list.push_back({index, Stage::output, Activity::kNoTensor, ofm_bytes(layer, device, extent)});
    return list;
  }

  /// @returns whether the layer's activities are those that are due
  bool check_activities(LayerIndex index) {
    const std::vector<Activity> expected = due(index);
    const auto given = schedule_.of(index);
    const bool agree = std::equal(given.begin(), given.end(), expected.begin(), expected.end(),
                                  [](const Activity& a, const Activity& b) {
                                    return a.layer == b.layer && a.stage == b.stage && a.tensor == b.tensor &&
                                           a.bytes == b.bytes && a.source == b.source;
                                  });
    if (!agree) {
      add(Rule::activities,
          fmt::format("layer '{}' does not make exactly the transfers that are due", layer_of(index).name));
      return false;
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (i > 0 && schedule_.execution() == Execution::serial &&
          !same(given[i].start_s, given[i - 1].end_s)) {
        add(Rule::activities, fmt::format("layer '{}': {} do not follow {} at once", layer_of(index).name,
                                          to_string(given[i].stage), to_string(given[i - 1].stage)));
      }
      check_duration(index, given[i]);
    }
    return true;
  }

  void check_duration(LayerIndex index, const Activity& activity) {
    if (contention_ == Contention::other) return;
    const Accelerator& device = device_of(index);
    if (activity.stage == Stage::compute) {
      const auto time = device.type.time(layer_of(index));
      if (!time || !same(activity.seconds(), time->seconds)) {
        add(Rule::duration,
            fmt::format("layer '{}' computes for {} s; its model says {} s", layer_of(index).name,
                        activity.seconds(), time ? time->seconds : NAN));
      }
      return;
    }
    const double alone_s = transfer_s(index, activity);
    const bool too_short = activity.seconds() < alone_s - tolerance_s_;
    if (too_short || (contention_ == Contention::none && !same(activity.seconds(), alone_s))) {
      add(Rule::duration,
          fmt::format("layer '{}': a transfer of {} bytes ({}) takes {} s; alone it takes {} s",
                      layer_of(index).name, activity.bytes, to_string(activity.stage), activity.seconds(),
                      alone_s));
    }
  }

  /// By the route that the transfer takes.
  double transfer_s(LayerIndex index, const Activity& activity) const {
    const Accelerator& device = device_of(index);
    const auto bytes = static_cast<double>(activity.bytes);
    if (activity.stage == Stage::input && activity.source != Problem::kHost) {
      const auto& speed = problem_.system().peers.speed_of(activity.source, mapping_.accelerator[index]);
      return speed.latency_s + bytes / speed.bandwidth_Bps;
    }
    const Route& route = activity.stage == Stage::output ? device.to_host : device.from_host;
    return route.latency_s + bytes / route.bandwidth_Bps;
  }

  const Activity& computation(LayerIndex layer) const {
    const auto all = schedule_.of(layer);
    return *std::find_if(all.begin(), all.end(),
                         [](const Activity& activity) { return activity.stage == Stage::compute; });
  }

  /// When a layer's output may be read: where it is made, or in host memory.
  double output_s(LayerIndex layer, bool where_made) const {
    return where_made ? computation(layer).end_s : schedule_.end_s(layer);
  }

  /// Overlapped execution: what each activity of an accelerator waits for, and that it does not wait longer.
  void check_lanes(AcceleratorIndex a) {
    double down_free_s = 0;
    double up_free_s = 0;
    double computed_s = 0;  // by the layer before
    double may_load_s = 0;  // from when that one computes
    for (const LayerIndex layer : mapping_.order[a]) {
      for (const Activity& activity : schedule_.of(layer)) {
        switch (activity.stage) {
          case Stage::weights:
          case Stage::input: {
            double ready_s = 0;
            if (activity.stage == Stage::input && !problem_.tensor(activity.tensor).is_network_input()) {
              ready_s =
                  output_s(problem_.tensor(activity.tensor).producer, activity.source != Problem::kHost);
            }
            check_begin(activity, ready_s, std::max(down_free_s, may_load_s));
            down_free_s = activity.end_s;
            break;
          }
          case Stage::compute: {
            double ready_s = down_free_s;
            for (const TensorIndex tensor : problem_.inputs(layer)) {
              if (mapping_.fused[tensor] != 0)
                ready_s = std::max(ready_s, output_s(problem_.tensor(tensor).producer, true));
            }
            check_begin(activity, ready_s, computed_s);
            computed_s = activity.end_s;
            may_load_s = activity.start_s;
            break;
          }
          case Stage::output:
            check_begin(activity, computed_s, up_free_s);
            up_free_s = activity.end_s;
            break;
        }
      }
    }
  }

  void check_begin(const Activity& activity, double ready_s, double free_s) {
    const std::string what = fmt::format("layer '{}': {} from {} s on", layer_of(activity.layer).name,
                                         to_string(activity.stage), activity.start_s);
    if (activity.start_s < ready_s - tolerance_s_)
      add(Rule::dependency, fmt::format("{}, but what that needs is there at {} s", what, ready_s));
    if (activity.start_s < free_s - tolerance_s_) {
      add(Rule::exclusive,
          fmt::format("{}, but '{}' may do that from {} s on", what, device_of(activity.layer).name, free_s));
    }
    if (activity.start_s > std::max(ready_s, free_s) + tolerance_s_) {
      add(Rule::exclusive,
          fmt::format("{}, though that could be from {} s on", what, std::max(ready_s, free_s)));
    }
  }

  /// Serial execution: a layer starts when its accelerator is free and every input exists: no earlier, and no
  /// later.
  void check_start(LayerIndex index) {
    double ready_s = 0;
    for (const auto edge : boost::make_iterator_range(boost::in_edges(index, problem_.workload().graph()))) {
      const auto producer = static_cast<LayerIndex>(boost::source(edge, problem_.workload().graph()));
      ready_s = std::max(ready_s, output_s(producer, problem_.is_direct()));
    }
    const double start_s = schedule_.start_s(index);
    if (start_s < ready_s - tolerance_s_) {
      add(Rule::dependency, fmt::format("layer '{}' starts at {} s, but its inputs exist at {} s",
                                        layer_of(index).name, start_s, ready_s));
    }
    const std::vector<LayerIndex>& order = mapping_.order[mapping_.accelerator[index]];
    const auto place = std::find(order.begin(), order.end(), index);
    const double free_s = place == order.begin() ? 0 : schedule_.end_s(*(place - 1));
    if (start_s < free_s - tolerance_s_) {
      add(Rule::exclusive, fmt::format("layer '{}' starts at {} s, but '{}' is busy until {} s",
                                       layer_of(index).name, start_s, device_of(index).name, free_s));
    }
    if (start_s > std::max(ready_s, free_s) + tolerance_s_) {
      add(Rule::exclusive, fmt::format("layer '{}' starts at {} s, though it could at {} s",
                                       layer_of(index).name, start_s, std::max(ready_s, free_s)));
    }
  }

  /// When a layer uses fused tensors: serially all the time; overlapped while it computes.
  std::pair<double, double> span_s(LayerIndex layer) const {
    if (schedule_.execution() == Execution::serial) return {schedule_.start_s(layer), schedule_.end_s(layer)};
    return {computation(layer).start_s, computation(layer).end_s};
  }

  /// DRAM by the clock: a sweep over the times at which fused tensors come and go.
  void check_memory() {
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) {
      const Accelerator& device = problem_.system().accelerators[a];
      std::vector<std::pair<double, std::int64_t>> events;
      std::int64_t used = 0;
      for (const LayerIndex layer : mapping_.order[a]) {
        if (mapping_.pinned[layer] != 0) used += weight_bytes(layer_of(layer), device.type.device);
        double until_s = -1;
        for (const TensorIndex tensor : problem_.outputs(layer)) {
          if (mapping_.fused[tensor] != 0)
            until_s = std::max(until_s, span_s(problem_.tensor(tensor).consumer).second);
        }
        if (until_s < 0) continue;
        const std::int64_t tensor =
            ofm_bytes(layer_of(layer), device.type.device, problem_.system().ifm_extent);
        events.emplace_back(span_s(layer).first, tensor);
        events.emplace_back(until_s, -tensor);
      }
      // At one instant tensors go before others come.
      std::sort(events.begin(), events.end());
      std::int64_t peak = used;
      for (const auto& [_, change] : events) peak = std::max(peak, used += change);
      if (peak > device.dram_bytes) {
        add(Rule::dram,
            fmt::format("'{}' holds {} bytes in its DRAM of {}", device.name, peak, device.dram_bytes));
      }
    }
  }

  const Problem& problem_;
  const Mapping& mapping_;
  const Schedule& schedule_;
  Contention contention_;
  double tolerance_s_ = 0;
  std::vector<Violation> found_;
};

}  // namespace

std::string_view to_string(Violation::Rule rule) {
  switch (rule) {
    case Rule::complete:
      return "complete";
    case Rule::supported:
      return "supported";
    case Rule::dependency:
      return "dependency";
    case Rule::exclusive:
      return "exclusive";
    case Rule::fusion:
      return "fusion";
    case Rule::weights:
      return "weights";
    case Rule::dram:
      return "dram";
    case Rule::activities:
      return "activities";
    case Rule::duration:
      return "duration";
    case Rule::latency:
      return "latency";
  }
  return "";
}

std::vector<Violation> check_mapping(const Problem& problem, const Mapping& mapping) {
  return MappingChecker(problem, mapping).run();
}

std::vector<Violation> check_schedule(const Problem& problem, const Mapping& mapping,
                                      const Schedule& schedule, double latency_s, Contention contention) {
  return ScheduleChecker(problem, mapping, schedule, contention).run(latency_s);
}

}  // namespace h2h
