// SPDX-License-Identifier: Apache-2.0
#include "relaxation.hpp"

#include <algorithm>
#include <set>

namespace h2h::bounds {
namespace {

/// A latency of about this many units suits the solver's absolute tolerances.
constexpr double kUnits = 100;
/// Room above the incumbent, so that rounding makes nobody call the program infeasible.
constexpr double kSlack = 1 + 1e-6;

/// Layers that each layer needs, directly or not, as bit sets; or those that need it.
class Closure {
 public:
  Closure(const Slots& slots, bool upwards) : sets_(slots.layers(), std::vector<char>(slots.layers())) {
    const auto order = slots.problem().topological_order();
    for (std::size_t i = 0; i < order.size(); ++i) {
      const LayerIndex layer = order[upwards ? i : order.size() - 1 - i];
      for (const std::uint32_t e : upwards ? slots.inputs(layer) : slots.outputs(layer)) {
        const LayerIndex other = upwards ? slots.edges()[e].producer : slots.edges()[e].consumer;
        sets_[layer][other] = 1;
        for (LayerIndex l = 0; l < slots.layers(); ++l) sets_[layer][l] |= sets_[other][l];
      }
    }
  }
  const std::vector<char>& of(LayerIndex layer) const { return sets_[layer]; }

 private:
  std::vector<std::vector<char>> sets_;
};

}  // namespace

Relaxation::Relaxation(const Slots& slots, const Windows& windows, double incumbent_s)
    : slots_(slots), windows_(windows), incumbent_s_(incumbent_s), unit_s_(incumbent_s / kUnits) {
  latency_ = program_.add_variable(0, kUnits * kSlack);
  add_assignment();
  add_budgets();
  add_fusion();
  add_run_cuts();
  add_run_budgets();
  add_times();
  add_loads();
  add_precedence_cuts();
  add_windows();
}

void Relaxation::add_assignment() {
  x_.assign(static_cast<std::size_t>(slots_.layers()) * slots_.group_count(), kNone);
  Terms row;
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    row.clear();
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (windows_.through_s(layer, g) > incumbent_s_ * kSlack) continue;
      x(layer, g) = program_.add_variable(0, 1, true);
      row.push_back({x(layer, g), 1});
    }
    program_.add_row(row, 1, true);
  }
}

void Relaxation::add_budgets() {
  streamed_.assign(x_.size(), kNone);
  for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
    const Group& group = slots_.groups()[g];
    const double room = static_cast<double>(group.room_bytes()) * group.count;
    Terms pinned;
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      const SlotCost& cost = slots_.cost(layer, g);
      if (x(layer, g) == kNone || cost.weight_bytes == 0) continue;
      const Variable streamed = streamed_[at(layer, g)] = program_.add_variable(0, 1, true);
      const LinearProgram::Term only_there[] = {{x(layer, g), 1}, {streamed, -1}};
      program_.add_row(only_there, 0);
      const double share = static_cast<double>(cost.weight_bytes) / room;
      pinned.push_back({x(layer, g), -share});
      pinned.push_back({streamed, share});
    }
    if (!pinned.empty()) program_.add_row(pinned, -1);
    add_rounded_budgets(g);
  }
}

void Relaxation::add_rounded_budgets(GroupIndex g) {
  const Group& group = slots_.groups()[g];
  const std::int64_t room = group.room_bytes();
  std::set<std::int64_t> divisors;
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    if (streamed_[at(layer, g)] != kNone) divisors.insert(slots_.cost(layer, g).weight_bytes);
  }
  for (const std::int64_t divisor : divisors) {
    Terms row;
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      const std::int64_t times = slots_.cost(layer, g).weight_bytes / divisor;
      if (streamed_[at(layer, g)] == kNone || times == 0) continue;
      row.push_back({x(layer, g), -static_cast<double>(times)});
      row.push_back({streamed_[at(layer, g)], static_cast<double>(times)});
    }
    program_.add_row(row, -static_cast<double>(room / divisor * group.count));
  }
}

void Relaxation::add_fusion() {
  fused_.assign(slots_.edges().size() * slots_.group_count(), kNone);
  stored_.assign(x_.size(), kNone);
  for (std::uint32_t e = 0; e < slots_.edges().size(); ++e) {
    const Edge& edge = slots_.edges()[e];
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (edge.may_fuse[g] == 0 || x(edge.producer, g) == kNone || x(edge.consumer, g) == kNone) continue;
      const Variable fused = fused_[at(e, g)] = program_.add_variable(0, 1);
      for (const LayerIndex end : {edge.producer, edge.consumer}) {
        const LinearProgram::Term row[] = {{x(end, g), 1}, {fused, -1}};
        program_.add_row(row, 0);
      }
    }
  }
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (x(layer, g) == kNone || slots_.outputs(layer).size() < 2) continue;
      const Variable stored = stored_[at(layer, g)] = program_.add_variable(0, 1);
      for (const std::uint32_t e : slots_.outputs(layer)) {
        Terms row = {{stored, 1}, {x(layer, g), -1}};
        if (fused_[at(e, g)] != kNone) row.push_back({fused_[at(e, g)], 1});
        program_.add_row(row, 0);
      }
    }
  }
}

void Relaxation::add_run_cuts() {
  for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
    const Group& group = slots_.groups()[g];
    const std::int64_t room = group.room_bytes();
    for (std::uint32_t first = 0; first < slots_.edges().size(); ++first) {
      Terms row;
      std::int64_t bytes = 0;
      const auto add = [&](LayerIndex layer) {
        if (streamed_[at(layer, g)] == kNone) return;
        bytes += slots_.cost(layer, g).weight_bytes;
        row.push_back({streamed_[at(layer, g)], 1});
      };
      std::uint32_t e = first;
      add(slots_.edges()[e].producer);
      if (bytes == 0) continue;
      while (fused_[at(e, g)] != kNone) {
        row.push_back({fused_[at(e, g)], -1});
        const LayerIndex consumer = slots_.edges()[e].consumer;
        add(consumer);
        if (bytes > room) {
          program_.add_row(row, 0);
          break;
        }
        if (slots_.outputs(consumer).empty()) break;
        row.push_back({x(consumer, g), 1});
        e = slots_.outputs(consumer).front();
      }
    }
  }
}

void Relaxation::add_run_budgets() {
  // pinned[layer, group]: part of the budget that weights pinned up to there in the same run take.
  for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
    const auto room = static_cast<double>(slots_.groups()[g].room_bytes());
    std::vector<Variable> pinned(slots_.layers(), kNone);
    for (const LayerIndex layer : slots_.problem().topological_order()) {
      if (x(layer, g) == kNone) continue;
      pinned[layer] = program_.add_variable(0, 1);
      const LinearProgram::Term there[] = {{x(layer, g), 1}, {pinned[layer], -1}};
      program_.add_row(there, 0);
      Terms own = {{pinned[layer], 1}};
      if (const Variable streamed = streamed_[at(layer, g)]; streamed != kNone) {
        const double share = static_cast<double>(slots_.cost(layer, g).weight_bytes) / room;
        own.push_back({x(layer, g), -share});
        own.push_back({streamed, share});
        program_.add_row(own, 0);
      }
      for (const std::uint32_t e : slots_.inputs(layer)) {
        const LayerIndex producer = slots_.edges()[e].producer;
        if (pinned[producer] == kNone || fused_[at(e, g)] == kNone) continue;
        Terms row = own;
        row.push_back({pinned[producer], -1});
        row.push_back({x(producer, g), 1});
        row.push_back({fused_[at(e, g)], -1});
        program_.add_row(row, 0);
      }
    }
  }
}

void Relaxation::append_slot(Terms& row, LayerIndex layer, GroupIndex group, double factor) const {
  const Variable here = x(layer, group);
  if (here == kNone) return;
  const SlotCost& cost = slots_.cost(layer, group);
  const double per_second = factor / unit_s_;
  double always_s = cost.fixed_s;
  for (const std::uint32_t e : slots_.inputs(layer)) {
    const double input_s = slots_.edges()[e].input_s[group];
    always_s += input_s;
    if (fused_[at(e, group)] != kNone) row.push_back({fused_[at(e, group)], -input_s * per_second});
  }
  if (slots_.outputs(layer).size() == 1) {
    const Variable fused = fused_[at(slots_.outputs(layer).front(), group)];
    always_s += cost.output_s;
    if (fused != kNone) row.push_back({fused, -cost.output_s * per_second});
  }
  row.push_back({here, always_s * per_second});
  const Variable streamed = streamed_[at(layer, group)];
  if (streamed != kNone) row.push_back({streamed, cost.weights_s * per_second});
  const Variable stored = stored_[at(layer, group)];
  if (stored != kNone) row.push_back({stored, cost.output_s * per_second});
}

void Relaxation::add_times() {
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    double head_s = kNever;
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (x(layer, g) != kNone) head_s = std::min(head_s, windows_.head_s(layer, g));
    }
    start_.push_back(program_.add_variable(std::min(head_s / unit_s_, kUnits), kUnits * kSlack));
  }
  Terms row;
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    Terms slot;
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) append_slot(slot, layer, g, -1);
    slot.push_back({start_[layer], -1});
    for (const std::uint32_t e : slots_.outputs(layer)) {
      row = slot;
      row.push_back({start_[slots_.edges()[e].consumer], 1});
      program_.add_row(row, 0);
    }
    // Behind its end at least the tail of where it runs.
    row = slot;
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (x(layer, g) != kNone) row.push_back({x(layer, g), -windows_.tail_s(layer, g) / unit_s_});
    }
    row.push_back({latency_, 1});
    program_.add_row(row, 0);
    // Not before the head of where it runs.
    row = {{start_[layer], 1}};
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (x(layer, g) != kNone) row.push_back({x(layer, g), -windows_.head_s(layer, g) / unit_s_});
    }
    program_.add_row(row, 0);
  }
}

void Relaxation::add_loads() {
  for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
    Terms row = {{latency_, static_cast<double>(slots_.groups()[g].count)}};
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) append_slot(row, layer, g, -1);
    program_.add_row(row, 0);
  }
}

void Relaxation::add_precedence_cuts() {
  const Closure before(slots_, true);
  const Closure behind(slots_, false);
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    const bool is_join = slots_.inputs(layer).size() > 1;
    const bool is_fork = slots_.outputs(layer).size() > 1;
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      const auto count = static_cast<double>(slots_.groups()[g].count);
      if (is_join) {
        Terms row = {{start_[layer], count}};
        for (LayerIndex other = 0; other < slots_.layers(); ++other) {
          if (before.of(layer)[other] != 0) append_slot(row, other, g, -1);
        }
        program_.add_row(row, 0);
      }
      if (is_fork) {
        Terms row = {{latency_, count}, {start_[layer], -count}};
        for (GroupIndex on = 0; on < slots_.group_count(); ++on) append_slot(row, layer, on, -count);
        for (LayerIndex other = 0; other < slots_.layers(); ++other) {
          if (behind.of(layer)[other] != 0) append_slot(row, other, g, -1);
        }
        program_.add_row(row, 0);
      }
    }
  }
}

void Relaxation::add_windows() {
  for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
    std::vector<double> heads;
    std::vector<double> tails;
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      if (x(layer, g) == kNone) continue;
      heads.push_back(windows_.head_s(layer, g));
      tails.push_back(windows_.tail_s(layer, g));
    }
    const auto thin = [](std::vector<double>& values) {
      std::sort(values.begin(), values.end());
      values.erase(std::unique(values.begin(), values.end()), values.end());
      constexpr std::size_t kMost = 12;
      if (values.size() <= kMost) return;
      std::vector<double> some;
      for (std::size_t i = 0; i < kMost; ++i) some.push_back(values[i * values.size() / kMost]);
      values = some;
    };
    thin(heads);
    thin(tails);
    const auto count = static_cast<double>(slots_.groups()[g].count);
    std::set<std::vector<LayerIndex>> known;
    for (auto head = heads.rbegin(); head != heads.rend(); ++head) {
      for (auto tail = tails.rbegin(); tail != tails.rend(); ++tail) {
        std::vector<LayerIndex> inside;
        for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
          if (x(layer, g) != kNone && windows_.head_s(layer, g) >= *head &&
              windows_.tail_s(layer, g) >= *tail)
            inside.push_back(layer);
        }
        if (inside.size() < 2 || *head + *tail <= 0 || !known.insert(inside).second) continue;
        Terms row = {{latency_, count}};
        for (const LayerIndex layer : inside) append_slot(row, layer, g, -1);
        program_.add_row(row, (*head + *tail) * count / unit_s_);
      }
    }
  }
}

}  // namespace h2h::bounds
