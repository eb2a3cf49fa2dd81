// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/checker.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tensors.hpp"

namespace h2h {

using namespace checker;

namespace {

using Rule = Violation::Rule;

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

}  // namespace h2h
