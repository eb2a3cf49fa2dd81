// SPDX-License-Identifier: Apache-2.0
#include <h2h/cost/problem.hpp>

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include <h2h/base/error.hpp>
#include <h2h/base/text.hpp>
#include <h2h/cost/traffic.hpp>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// A layer that runs nowhere: why, and what would help.
[[noreturn]] void refuse(const Layer& layer, const System& system) {
  std::set<std::string> types;
  bool has_type = false;
  for (const Accelerator& accelerator : system.accelerators) {
    for (const LayerType type : accelerator.type.layer_types) types.emplace(to_string(type));
    has_type = has_type || accelerator.type.layer_types.contains(layer.type());
  }
  const std::vector<std::string> names(types.begin(), types.end());
  throw Error(ErrorKind::infeasible,
              fmt::format("layer '{}' ({}) runs on no accelerator of platform '{}'", layer.name,
                          to_string(layer.type()), system.name),
              has_type ? "the tables of its accelerators do not list it; add it, or a default_s"
                       : fmt::format("its accelerators run {}; add one that runs {}", enumerate(names, "and"),
                                     to_string(layer.type())));
}

}  // namespace

std::string_view to_string(Activations activations) {
  return activations == Activations::host ? "host" : "direct";
}

Problem::Problem(const Workload& workload, const System& system, Activations activations,
                 std::span<const AcceleratorIndex> buffered)
    : workload_(&workload),
      system_(&system),
      activations_(activations),
      buffered_(buffered.begin(), buffered.end()),
      topological_order_(workload.topological_order()) {
  if (is_direct() && system.peers.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("direct activations: no routes between the FPGAs of '{}' are known", system.name),
                "set SimulatorOptions::peer_routes");
  }
  find_kinds();
  list_tensors();
  compute_costs();
  take_buffered();
  list_candidates();
}

void Problem::find_kinds() {
  using Key = std::tuple<const AcceleratorModel*, std::set<LayerType>, int, int, double, double, double,
                         double, AcceleratorIndex>;
  const std::set<AcceleratorIndex> holders(buffered_.begin(), buffered_.end());
  std::map<Key, std::uint32_t> known;
  for (AcceleratorIndex a = 0; a < system_->accelerators.size(); ++a) {
    const Accelerator& accelerator = system_->accelerators[a];
    const Key key{accelerator.type.model.get(),        accelerator.type.layer_types,
                  accelerator.type.device.weight_bits, accelerator.type.device.activation_bits,
                  accelerator.from_host.latency_s,     accelerator.from_host.bandwidth_Bps,
                  accelerator.to_host.latency_s,       accelerator.to_host.bandwidth_Bps,
                  holders.contains(a) ? a : kHost};
    const auto [place, is_new] = known.emplace(key, kinds());
    if (is_new) representative_.push_back(a);
    kind_.push_back(place->second);
  }
}

void Problem::list_tensors() {
  const Workload::Graph& graph = workload_->graph();
  std::vector<std::vector<TensorIndex>> outputs(layers());
  for (LayerIndex layer = 0; layer < layers(); ++layer) {
    first_input_.push_back(tensors());
    for (const Dependency::Role role : {Dependency::Role::input, Dependency::Role::residual}) {
      if (role == Dependency::Role::input && graph[layer].reads_network_input) {
        tensors_.push_back({Tensor::kNetworkInput, layer, role});
        dependencies_.push_back({role, 1, 1});
      }
      for (const auto edge : boost::make_iterator_range(boost::in_edges(layer, graph))) {
        if (graph[edge].role != role) continue;
        const auto producer = static_cast<LayerIndex>(boost::source(edge, graph));
        outputs[producer].push_back(tensors());
        tensors_.push_back({producer, layer, role});
        dependencies_.push_back(graph[edge]);
      }
    }
  }
  first_input_.push_back(tensors());
  for (const auto& list : outputs) {
    first_output_.push_back(static_cast<std::uint32_t>(outputs_.size()));
    outputs_.insert(outputs_.end(), list.begin(), list.end());
  }
  first_output_.push_back(static_cast<std::uint32_t>(outputs_.size()));
}

void Problem::compute_costs() {
  const IfmExtent extent = system_->ifm_extent;
  costs_.resize(static_cast<std::size_t>(layers()) * kinds());
  input_s_.resize(static_cast<std::size_t>(tensors()) * kinds());
  if (is_direct()) peer_bytes_.resize(input_s_.size());
  for (std::uint32_t kind = 0; kind < kinds(); ++kind) {
    const Accelerator& accelerator = system_->accelerators[representative_[kind]];
    const Device& device = accelerator.type.device;
    for (LayerIndex l = 0; l < layers(); ++l) {
      const Layer& layer = workload_->layer(l);
      LayerCost& cost = costs_[static_cast<std::size_t>(l) * kinds() + kind];
      const auto time = accelerator.type.time(layer);
      cost.compute_s = time ? time->seconds : kNever;
      cost.weight_bytes = bytes_of(layer.weights(), device.weight_bits);
      cost.output_bytes = bytes_of(output_elements(layer, extent), device.activation_bits);
      cost.weights_s = accelerator.from_host.seconds(static_cast<double>(cost.weight_bytes));
      cost.output_s = accelerator.to_host.seconds(static_cast<double>(cost.output_bytes));
    }
    for (TensorIndex t = 0; t < tensors(); ++t) {
      const std::int64_t bytes = input_bytes(t, representative_[kind]);
      input_s_[static_cast<std::size_t>(t) * kinds() + kind] =
          accelerator.from_host.seconds(static_cast<double>(bytes));
      if (is_direct()) peer_bytes_[static_cast<std::size_t>(t) * kinds() + kind] = static_cast<double>(bytes);
    }
  }
}

void Problem::take_buffered() {
  assert(buffered_.empty() || buffered_.size() == layers());
  for (LayerIndex layer = 0; layer < buffered_.size(); ++layer) {
    if (buffered_[layer] == kHost) continue;
    for (std::uint32_t kind = 0; kind < kinds(); ++kind) {
      LayerCost& cost = costs_[static_cast<std::size_t>(layer) * kinds() + kind];
      if (representative_[kind] == buffered_[layer]) {
        cost.weight_bytes = 0;
        cost.weights_s = 0;
      } else {
        cost.compute_s = kNever;
      }
    }
  }
}

void Problem::list_candidates() {
  std::map<std::vector<bool>, std::uint32_t> known;
  for (LayerIndex layer = 0; layer < layers(); ++layer) {
    std::vector<bool> mask(kinds());
    for (std::uint32_t kind = 0; kind < kinds(); ++kind)
      mask[kind] = cost_on_kind(layer, kind).compute_s < kNever;
    const auto [place, is_new] = known.emplace(mask, static_cast<std::uint32_t>(candidates_.size()));
    if (is_new) {
      std::vector<AcceleratorIndex>& list = candidates_.emplace_back();
      for (AcceleratorIndex a = 0; a < accelerators(); ++a) {
        if (mask[kind_[a]]) list.push_back(a);
      }
      if (list.empty()) refuse(workload_->layer(layer), *system_);
    }
    candidate_list_.push_back(place->second);
  }
}

std::int64_t Problem::input_bytes(TensorIndex tensor, AcceleratorIndex accelerator) const {
  return dependency_bytes(workload_->layer(tensors_[tensor].consumer), dependencies_[tensor],
                          system_->ifm_extent,
                          system_->accelerators[accelerator].type.device.activation_bits);
}

double Problem::zero_locality_s(LayerIndex layer, AcceleratorIndex accelerator) const {
  const LayerCost& costs = cost(layer, accelerator);
  double seconds = costs.weights_s;
  for (const TensorIndex tensor : inputs(layer)) seconds += input_s(tensor, accelerator);
  seconds += costs.compute_s;
  return is_stored_for_others(layer) ? seconds + costs.output_s : seconds;
}

}  // namespace h2h
