// SPDX-License-Identifier: Apache-2.0
#include "relaxation.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <boost/dynamic_bitset.hpp>

namespace h2h::bounds {
namespace {

/// A latency of about this many units suits the solver's absolute tolerances.
constexpr double kUnits = 100;
/// Room above the incumbent, so that rounding makes nobody call the program infeasible.
constexpr double kSlack = 1 + 1e-6;

/// Layers that each layer needs, directly or not, as bit sets; or those that need it.
class Closure {
 public:
  Closure(const Slots& slots, bool upwards)
      : sets_(slots.layers(), boost::dynamic_bitset<>(slots.layers())), ends_(slots.layers()) {
    const auto order = slots.problem().topological_order();
    for (std::size_t i = 0; i < order.size(); ++i) {
      const LayerIndex layer = order[upwards ? i : order.size() - 1 - i];
      const auto& edges = upwards ? slots.inputs(layer) : slots.outputs(layer);
      ends_[layer] = edges.empty();
      for (const std::uint32_t e : edges) {
        const LayerIndex other = upwards ? slots.edges()[e].producer : slots.edges()[e].consumer;
        sets_[layer].set(other);
        sets_[layer] |= sets_[other];
      }
    }
  }

  /// By layer: whether it is in the set.
  std::vector<char> of(LayerIndex layer) const {
    std::vector<char> inside(sets_.size());
    const boost::dynamic_bitset<>& set = sets_[layer];
    for (auto other = set.find_first(); other != set.npos; other = set.find_next(other)) inside[other] = 1;
    return inside;
  }

  /// Layers of the set that need none, or that none needs.
  std::size_t ends(LayerIndex layer) const { return (sets_[layer] & ends_).count(); }

 private:
  std::vector<boost::dynamic_bitset<>> sets_;
  boost::dynamic_bitset<> ends_;
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
  std::map<std::int64_t, std::int64_t> sizes;  // how many layers are of each
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    if (streamed_[at(layer, g)] != kNone) ++sizes[slots_.cost(layer, g).weight_bytes];
  }
  // A row binds where all layers together exceed it, and the more the more they do so.
  struct Divisor {
    double excess;
    std::int64_t bytes;
  };
  std::vector<Divisor> divisors;
  for (const auto& [divisor, _] : sizes) {
    double wanted = 0;
    for (auto size = sizes.lower_bound(divisor); size != sizes.end(); ++size)
      wanted += static_cast<double>(size->first / divisor * size->second);
    const double excess = wanted / static_cast<double>(room / divisor * group.count);
    if (excess > 1) divisors.push_back({excess, divisor});
  }
  constexpr std::size_t kMostDivisors = 16;
  const auto kept = divisors.begin() + static_cast<std::ptrdiff_t>(std::min(kMostDivisors, divisors.size()));
  std::partial_sort(divisors.begin(), kept, divisors.end(), [](const Divisor& a, const Divisor& b) {
    return a.excess > b.excess || (a.excess == b.excess && a.bytes > b.bytes);
  });
  divisors.erase(kept, divisors.end());
  for (const auto& [_, divisor] : divisors) {
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
  add_span({{{latency_, 1}}, std::vector<char>(slots_.layers(), 1), windows_, windows_});
  // Streams that meet before the start of a join, or part behind the end of a fork.
  constexpr int kMostSpans = 8;
  const Closure before(slots_, true);
  const Closure behind(slots_, false);
  const auto order = slots_.problem().topological_order();
  int joins = 0;
  for (const LayerIndex layer : order) {
    if (joins == kMostSpans) break;
    if (slots_.inputs(layer).size() < 2 || before.ends(layer) < 2) continue;
    ++joins;
    const std::vector<char> inside = before.of(layer);
    add_span({{{start_[layer], 1}}, inside, windows_, Windows(slots_, inside)});
  }
  int forks = 0;
  for (auto layer = order.rbegin(); layer != order.rend(); ++layer) {
    if (forks == kMostSpans) break;
    if (slots_.outputs(*layer).size() < 2 || behind.ends(*layer) < 2) continue;
    ++forks;
    Terms length = {{latency_, 1}, {start_[*layer], -1}};
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) append_slot(length, *layer, g, -1);
    const std::vector<char> inside = behind.of(*layer);
    add_span({std::move(length), inside, Windows(slots_, inside), windows_});
  }
}

void Relaxation::add_span(const Span& span) {
  // Some values from 0 on.
  const auto thresholds = [](std::vector<double> values) {
    constexpr std::size_t kMost = 6;
    values.push_back(0);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    std::vector<double> some;
    const std::size_t count = std::min(kMost, values.size());
    for (std::size_t i = 0; i < count; ++i) some.push_back(values[i * values.size() / count]);
    return some;
  };
  // Wherever it runs: a row must hold where none of its layers runs on the group, too.
  std::vector<double> head_s(slots_.layers(), kNever);
  std::vector<double> tail_s(slots_.layers(), kNever);
  for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
    for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
      if (x(layer, g) == kNone) continue;
      head_s[layer] = std::min(head_s[layer], span.heads.head_s(layer, g));
      tail_s[layer] = std::min(tail_s[layer], span.tails.tail_s(layer, g));
    }
  }
  for (GroupIndex g = 0; g < slots_.group_count(); ++g) {
    std::vector<LayerIndex> layers;
    std::vector<double> heads;
    std::vector<double> tails;
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      if (span.inside[layer] == 0 || x(layer, g) == kNone) continue;
      layers.push_back(layer);
      heads.push_back(head_s[layer]);
      tails.push_back(tail_s[layer]);
    }
    heads = thresholds(std::move(heads));
    tails = thresholds(std::move(tails));
    const auto count = static_cast<double>(slots_.groups()[g].count);
    std::set<std::vector<LayerIndex>> known;
    // Later and longer ones first: of the same layers they say more.
    for (auto head = heads.rbegin(); head != heads.rend(); ++head) {
      for (auto tail = tails.rbegin(); tail != tails.rend(); ++tail) {
        std::vector<LayerIndex> within;
        std::copy_if(layers.begin(), layers.end(), std::back_inserter(within),
                     [&](LayerIndex layer) { return head_s[layer] >= *head && tail_s[layer] >= *tail; });
        if (within.empty() || !known.insert(within).second) continue;
        Terms row;
        for (const auto& term : span.length) row.push_back({term.variable, term.coefficient * count});
        for (const LayerIndex layer : within) append_slot(row, layer, g, -1);
        program_.add_row(row, (*head + *tail) * count / unit_s_);
      }
    }
  }
}

}  // namespace h2h::bounds
