// SPDX-License-Identifier: Apache-2.0
#include "least_times.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace h2h::bounds {

Slots::Slots(const Problem& problem, Content content)
    : problem_(&problem), content_(content), inputs_(problem.layers()), outputs_(problem.layers()) {
  find_groups();
  if (problem.is_direct()) find_quickest_routes();
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

/// Between each two groups the least latency and the most bandwidth, be they of one route or not.
void Slots::find_quickest_routes() {
  quickest_.assign(static_cast<std::size_t>(group_count()) * group_count(), {kNever, 0});
  for (AcceleratorIndex from = 0; from < problem_->accelerators(); ++from) {
    for (AcceleratorIndex to = 0; to < problem_->accelerators(); ++to) {
      if (from == to) continue;
      const PeerRoutes::Speed& speed = problem_->system().peers.speed_of(from, to);
      PeerRoutes::Speed& best =
          quickest_[static_cast<std::size_t>(group_of(from)) * group_count() + group_of(to)];
      best.latency_s = std::min(best.latency_s, speed.latency_s);
      best.bandwidth_Bps = std::max(best.bandwidth_Bps, speed.bandwidth_Bps);
    }
  }
}

/// Least seconds to transfer a tensor that is not fused to an accelerator of a group.
double Slots::input_s(TensorIndex tensor, GroupIndex group) const {
  const AcceleratorIndex to = groups_[group].first;
  double least_s = problem_->input_s(tensor, to);
  if (!problem_->is_direct()) return least_s;
  const LayerIndex producer = problem_->tensor(tensor).producer;
  if (!problem_->runs(producer, to)) least_s = kNever;  // no producer beside it that stores it for it
  for (GroupIndex g = 0; g < group_count(); ++g) {
    const PeerRoutes::Speed& speed = quickest_[static_cast<std::size_t>(g) * group_count() + group];
    if (!problem_->runs(producer, groups_[g].first) || speed.bandwidth_Bps == 0) continue;
    least_s = std::min(least_s,
                       speed.seconds(static_cast<double>(problem_->input_bytes(tensor, groups_[g].first))));
  }
  return least_s;
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
      if (content_ == Content::computation) continue;
      if (content_ == Content::path) {
        // Weights and the network's input come before they are needed, where a layer waits for others.
        const auto inputs = problem_->inputs(layer);
        if (inputs.size() == 1 && problem_->tensor(inputs.front()).is_network_input())
          slot.fixed_s += problem_->input_s(inputs.front(), group.first);
        double& output_s = problem_->is_result(layer) ? slot.fixed_s : slot.output_s;
        if (problem_->is_stored_for_others(layer)) output_s += cost.output_s;
        continue;
      }
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
      } else if (!problem_->is_direct()) {
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
        if (content_ != Content::computation) edge.input_s[g] += input_s(tensor, g);
        if (!problem_->is_direct())
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

double inputs_there_s(const std::vector<Arrival>& arrivals, double start_s, bool wait) {
  double latest_s = start_s;
  for (const Arrival& arrival : arrivals) {
    latest_s = std::max(latest_s,
                        std::min(arrival.fused_s, std::max(start_s, arrival.stored_s) + arrival.transfer_s));
  }
  // Transfers follow one another; with many inputs the longest has to do.
  constexpr std::size_t kEnumerable = 6;
  if (!wait || arrivals.size() < 2 || arrivals.size() > kEnumerable) return latest_s;
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

Windows::Windows(const Slots& slots) : Windows(slots, std::vector<char>(slots.layers(), 1)) {}

Windows::Windows(const Slots& slots, const std::vector<char>& inside) : groups_(slots.group_count()) {
  const Problem& problem = slots.problem();
  const std::size_t size = static_cast<std::size_t>(slots.layers()) * groups_;
  head_s_.assign(size, 0);
  tail_s_.assign(size, 0);
  through_s_.assign(size, kNever);
  std::vector<double> made_s(size, kNever);  // when the output exists in the local DRAM
  std::vector<double> there_s(size, 0);      // when all inputs are there
  std::vector<Arrival> arrivals;
  for (const LayerIndex layer : problem.topological_order()) {
    if (inside[layer] == 0) continue;
    std::vector<std::uint32_t> inputs;
    std::vector<double> stored_s;  // by input: when the host has it at the earliest
    for (const std::uint32_t e : slots.inputs(layer)) {
      const LayerIndex producer = slots.edges()[e].producer;
      if (inside[producer] == 0) continue;
      inputs.push_back(e);
      double& earliest_s = stored_s.emplace_back(kNever);
      for (GroupIndex g = 0; g < groups_; ++g)
        earliest_s = std::min(earliest_s, made_s[at(producer, g)] + slots.cost(producer, g).output_s);
    }
    for (GroupIndex g = 0; g < groups_; ++g) {
      if (!slots.cost(layer, g).runs()) continue;
      arrivals.clear();
      for (std::size_t i = 0; i < stored_s.size(); ++i) {
        const Edge& edge = slots.edges()[inputs[i]];
        const double fused_s = edge.may_fuse[g] != 0 ? made_s[at(edge.producer, g)] : kNever;
        arrivals.push_back({fused_s, stored_s[i], edge.input_s[g]});
        head_s_[at(layer, g)] = std::max(head_s_[at(layer, g)], std::min(fused_s, stored_s[i]));
      }
      there_s[at(layer, g)] = inputs_there_s(arrivals, 0, slots.waits_for_all());
      made_s[at(layer, g)] = there_s[at(layer, g)] + slots.cost(layer, g).fixed_s;
    }
  }
  // Mirrored: from the moment when the output exists in the local DRAM to the end of all.
  rest_s_.assign(size, 0);
  for (std::size_t i = slots.layers(); i-- > 0;) {
    const LayerIndex layer = problem.topological_order()[i];
    if (inside[layer] == 0) continue;
    for (const std::uint32_t e : slots.outputs(layer)) {
      const Edge& edge = slots.edges()[e];
      if (inside[edge.consumer] == 0) continue;
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
