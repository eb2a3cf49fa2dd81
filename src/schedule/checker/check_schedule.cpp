// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/checker.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "tensors.hpp"

namespace h2h {

using namespace checker;

namespace {

using Rule = Violation::Rule;

/// Rounding that sums of some hundred durations may carry.
constexpr double kRelative = 1e-9;
/// Rounding of the clock itself, late in a stream.
constexpr double kClockRelative = 1e-12;

/// What a schedule finds when it begins.
struct Before {
  std::span<const char> loads;  ///< by layer: its weights are not there though they are pinned; empty: none
  double known_s = 0;           ///< nothing starts before that
  double arrival_s = 0;         ///< of the network's inputs
  std::span<const StreamChecker::Done> done;  ///< by accelerator
};

class ScheduleChecker {
 public:
  ScheduleChecker(const Problem& problem, const Mapping& mapping, const Schedule& schedule,
                  Contention contention, const Before& before)
      : problem_(problem),
        mapping_(mapping),
        schedule_(schedule),
        contention_(contention),
        before_(before),
        last_s_(last_end_s(schedule)),
        tolerance_s_(kRelative * (last_s_ - before.arrival_s) + kClockRelative * last_s_) {}

  void check_latency(double latency_s) {
    if (same(last_s_, latency_s)) return;
    add(Rule::latency,
        fmt::format("the latency is {} s, but the last activity ends at {} s", latency_s, last_s_));
  }

  std::vector<Violation> run() {
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
  static double last_end_s(const Schedule& schedule) {
    double last_s = 0;
    for (const Activity& activity : schedule.activities()) last_s = std::max(last_s, activity.end_s);
    return last_s;
  }
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
    const bool is_there = mapping_.pinned[index] != 0 && (before_.loads.empty() || before_.loads[index] == 0);
    if (!is_there && weights > 0) list.push_back({index, Stage::weights, Activity::kNoTensor, weights});
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
    double down_free_s = before_.done[a].down_s;
    double up_free_s = before_.done[a].up_s;
    double computed_s = before_.done[a].computed_s;  // by the layer before
    double may_load_s = before_.done[a].may_load_s;  // from when that one computes
    for (const LayerIndex layer : mapping_.order[a]) {
      for (const Activity& activity : schedule_.of(layer)) {
        switch (activity.stage) {
          case Stage::weights:
          case Stage::input: {
            double ready_s = before_.known_s;
            if (activity.stage == Stage::input) {
              const Tensor& tensor = problem_.tensor(activity.tensor);
              ready_s = tensor.is_network_input()
                            ? before_.arrival_s
                            : output_s(tensor.producer, activity.source != Problem::kHost);
            }
            check_begin(activity, ready_s, std::max(down_free_s, may_load_s));
            down_free_s = activity.end_s;
            break;
          }
          case Stage::compute: {
            double ready_s = std::max(before_.known_s, down_free_s);
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
    double ready_s = layer_of(index).reads_network_input ? before_.arrival_s : before_.known_s;
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
    const double free_s = place == order.begin() ? before_.done[mapping_.accelerator[index]].layer_s
                                                 : schedule_.end_s(*(place - 1));
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
  const Before& before_;
  double last_s_;
  double tolerance_s_;
  std::vector<Violation> found_;
};

}  // namespace

std::vector<Violation> check_schedule(const Problem& problem, const Mapping& mapping,
                                      const Schedule& schedule, double latency_s, Contention contention) {
  const std::vector<StreamChecker::Done> done(problem.accelerators());
  const Before nothing{{}, 0, 0, done};
  ScheduleChecker checker(problem, mapping, schedule, contention, nothing);
  checker.check_latency(latency_s);
  return checker.run();
}

std::vector<Violation> StreamChecker::next(const Problem& problem, const Mapping& mapping,
                                           std::span<const char> loads, double arrival_s,
                                           const Schedule& schedule) {
  done_.resize(problem.accelerators());
  const Before before{loads, known_s_, arrival_s, done_};
  std::vector<Violation> found = ScheduleChecker(problem, mapping, schedule, contention_, before).run();
  known_s_ = arrival_s;
  for (const Activity& activity : schedule.activities()) {
    Done& done = done_[mapping.accelerator[activity.layer]];
    done.layer_s = std::max(done.layer_s, activity.end_s);
    switch (activity.stage) {
      case Stage::weights:
      case Stage::input:
        done.down_s = std::max(done.down_s, activity.end_s);
        break;
      case Stage::compute:
        done.computed_s = std::max(done.computed_s, activity.end_s);
        done.may_load_s = std::max(done.may_load_s, activity.start_s);
        break;
      case Stage::output:
        done.up_s = std::max(done.up_s, activity.end_s);
        break;
    }
  }
  return found;
}

}  // namespace h2h
