// SPDX-License-Identifier: Apache-2.0
#include "least_times.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace h2h::bounds {

Slots::Slots(const Problem& problem)
    : problem_(&problem), inputs_(problem.layers()), outputs_(problem.layers()) {
  find_groups();
  compute_costs();
  list_edges();
}

void Slots::find_groups() {
  std::map<std::tuple<std::uint32_t, std::int64_t, std::int64_t>, GroupIndex> known;
  for (AcceleratorIndex a = 0; a < problem_->accelerators(); ++a) {
    const Accelerator& accelerator = problem_->system().accelerators[a];
    const std::uint32_t kind = problem_->kind(a);
    const auto [place, is_new] =
        known.emplace(std::tuple(kind, accelerator.weight_budget_bytes, accelerator.dram_bytes),
                      static_cast<GroupIndex>(groups_.size()));
    if (is_new) groups_.push_back({kind, a, 0, accelerator.weight_budget_bytes, accelerator.dram_bytes});
    ++groups_[place->second].count;
    group_of_.push_back(place->second);
  }
}

void Slots::compute_costs() {
  costs_.resize(static_cast<std::size_t>(layers()) * groups_.size());
  for (GroupIndex g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    const std::int64_t room = group.room_bytes();
    double all_bytes = 0;
    for (LayerIndex layer = 0; layer < layers(); ++layer) {
      if (problem_->runs(layer, group.first))
        all_bytes += static_cast<double>(problem_->cost(layer, group.first).weight_bytes);
    }
    const bool everything_fits = all_bytes <= static_cast<double>(room);
    for (LayerIndex layer = 0; layer < layers(); ++layer) {
      if (!problem_->runs(layer, group.first)) continue;
      const Problem::LayerCost& cost = problem_->cost(layer, group.first);
      SlotCost& slot = costs_[static_cast<std::size_t>(layer) * groups_.size() + g];
      slot.fixed_s = cost.compute_s;
      for (const TensorIndex tensor : problem_->inputs(layer)) {
        if (!problem_->tensor(tensor).is_network_input()) continue;
        slot.fixed_s += problem_->input_s(tensor, group.first);
        slot.down_bytes += static_cast<double>(problem_->input_bytes(tensor, group.first));
      }
      if (cost.weight_bytes > room) {
        slot.fixed_s += cost.weights_s;
        slot.down_bytes += static_cast<double>(cost.weight_bytes);
      } else if (!everything_fits && cost.weight_bytes > 0) {
        slot.weights_s = cost.weights_s;
        slot.weight_bytes = cost.weight_bytes;
      }
      if (problem_->is_result(layer)) {
        slot.fixed_s += cost.output_s;
        slot.up_bytes += static_cast<double>(cost.output_bytes);
      } else {
        slot.output_s = cost.output_s;
        slot.output_bytes = static_cast<double>(cost.output_bytes);
      }
    }
  }
}

void Slots::list_edges() {
  for (const LayerIndex producer : problem_->topological_order()) {
    std::map<LayerIndex, std::uint32_t> known;
    for (const TensorIndex tensor : problem_->outputs(producer)) {
      const LayerIndex consumer = problem_->tensor(tensor).consumer;
      const auto [place, is_new] = known.emplace(consumer, static_cast<std::uint32_t>(edges_.size()));
      if (is_new) {
        edges_.push_back({producer, consumer, std::vector<double>(groups_.size()),
                          std::vector<double>(groups_.size()), std::vector<char>(groups_.size())});
        outputs_[producer].push_back(place->second);
        inputs_[consumer].push_back(place->second);
      }
      Edge& edge = edges_[place->second];
      for (GroupIndex g = 0; g < groups_.size(); ++g) {
        edge.input_s[g] += problem_->input_s(tensor, groups_[g].first);
        edge.input_bytes[g] += static_cast<double>(problem_->input_bytes(tensor, groups_[g].first));
        edge.may_fuse[g] =
            cost(producer, g).runs() && cost(consumer, g).runs() &&
                    problem_->cost(producer, groups_[g].first).output_bytes <= groups_[g].dram_bytes
                ? 1
                : 0;
      }
    }
  }
}

double inputs_there_s(const std::vector<Arrival>& arrivals, double start_s) {
  double latest_s = start_s;
  for (const Arrival& arrival : arrivals) {
    latest_s = std::max(latest_s,
                        std::min(arrival.fused_s, std::max(start_s, arrival.stored_s) + arrival.transfer_s));
  }
  // Transfers follow one another; with many inputs the longest has to do.
  constexpr std::size_t kEnumerable = 6;
  if (arrivals.size() < 2 || arrivals.size() > kEnumerable) return latest_s;
  double best_s = kNever;
  for (std::uint32_t stored = 0; stored < (1U << arrivals.size()); ++stored) {
    double begin_s = start_s;
    double transfers_s = 0;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const bool is_stored = (stored >> i & 1U) != 0;
      begin_s = std::max(begin_s, is_stored ? arrivals[i].stored_s : arrivals[i].fused_s);
      if (is_stored) transfers_s += arrivals[i].transfer_s;
    }
    best_s = std::min(best_s, begin_s + transfers_s);
  }
  return best_s;
}

Windows::Windows(const Slots& slots) : groups_(slots.group_count()) {
  const Problem& problem = slots.problem();
  const std::size_t size = static_cast<std::size_t>(slots.layers()) * groups_;
  head_s_.assign(size, 0);
  tail_s_.assign(size, 0);
  through_s_.assign(size, kNever);
  std::vector<double> made_s(size, kNever);  // when the output exists in the local DRAM
  std::vector<double> there_s(size, 0);      // when all inputs are there
  std::vector<Arrival> arrivals;
  for (const LayerIndex layer : problem.topological_order()) {
    std::vector<double> stored_s;  // by input: when the host has it at the earliest
    for (const std::uint32_t e : slots.inputs(layer)) {
      const LayerIndex producer = slots.edges()[e].producer;
      double& earliest_s = stored_s.emplace_back(kNever);
      for (GroupIndex g = 0; g < groups_; ++g)
        earliest_s = std::min(earliest_s, made_s[at(producer, g)] + slots.cost(producer, g).output_s);
    }
    for (GroupIndex g = 0; g < groups_; ++g) {
      if (!slots.cost(layer, g).runs()) continue;
      arrivals.clear();
      for (std::size_t i = 0; i < stored_s.size(); ++i) {
        const Edge& edge = slots.edges()[slots.inputs(layer)[i]];
        const double fused_s = edge.may_fuse[g] != 0 ? made_s[at(edge.producer, g)] : kNever;
        arrivals.push_back({fused_s, stored_s[i], edge.input_s[g]});
        head_s_[at(layer, g)] = std::max(head_s_[at(layer, g)], std::min(fused_s, stored_s[i]));
      }
      there_s[at(layer, g)] = inputs_there_s(arrivals);
      made_s[at(layer, g)] = there_s[at(layer, g)] + slots.cost(layer, g).fixed_s;
    }
  }
  // Mirrored: from the moment when the output exists in the local DRAM to the end of all.
  rest_s_.assign(size, 0);
  for (std::size_t i = slots.layers(); i-- > 0;) {
    const LayerIndex layer = problem.topological_order()[i];
    for (const std::uint32_t e : slots.outputs(layer)) {
      const Edge& edge = slots.edges()[e];
      double elsewhere_s = kNever;  // from the moment when the host has the output
      for (GroupIndex g = 0; g < groups_; ++g) {
        const SlotCost& cost = slots.cost(edge.consumer, g);
        elsewhere_s = std::min(elsewhere_s, edge.input_s[g] + cost.fixed_s + rest_s_[at(edge.consumer, g)]);
      }
      for (GroupIndex g = 0; g < groups_; ++g) {
        const double here_s = edge.may_fuse[g] != 0
                                  ? slots.cost(edge.consumer, g).fixed_s + rest_s_[at(edge.consumer, g)]
                                  : kNever;
        double& tail_s = tail_s_[at(layer, g)];
        tail_s = std::max(tail_s, std::min(here_s, elsewhere_s));
        double& whole_s = rest_s_[at(layer, g)];
        whole_s = std::max(whole_s, std::min(here_s, slots.cost(layer, g).output_s + elsewhere_s));
      }
    }
    double least_s = kNever;
    for (GroupIndex g = 0; g < groups_; ++g) {
      if (!slots.cost(layer, g).runs()) continue;
      through_s_[at(layer, g)] = made_s[at(layer, g)] + rest_s_[at(layer, g)];
      least_s = std::min(least_s, through_s_[at(layer, g)]);
    }
    latency_s_ = std::max(latency_s_, least_s);
  }
}

}  // namespace h2h::bounds
