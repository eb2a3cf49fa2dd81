// SPDX-License-Identifier: Apache-2.0
#include "prices.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "assignment_tree.hpp"

namespace h2h::bounds {
namespace {

/// log(exp(a) + exp(b))
double log_add(double a, double b) {
  const double larger = std::max(a, b);
  return larger == -kNever ? larger : larger + std::log1p(std::exp(std::min(a, b) - larger));
}

/// A link that several accelerators share and that can be narrower than all of them together.
struct SharedLink {
  double rate_Bps;
  std::vector<char> down;  ///< by group: everything from the host crosses it
  std::vector<char> up;    ///< by group: everything to the host does
};

std::vector<SharedLink> shared_links(const Slots& slots) {
  const Problem& problem = slots.problem();
  const System& system = problem.system();
  const auto crosses = [](const Route& route, LinkIndex link) {
    return std::find(route.links.begin(), route.links.end(), link) != route.links.end();
  };
  std::vector<SharedLink> shared;
  for (LinkIndex link = 0; link < system.links.size(); ++link) {
    if (system.links[link].is_fatpipe) continue;
    double demand_Bps = 0;
    SharedLink found{system.links[link].bandwidth_Bps, {}, {}};
    for (const Group& group : slots.groups()) {
      bool down = true;
      bool up = true;
      for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
        const Accelerator& accelerator = system.accelerators[a];
        const bool crosses_down = crosses(accelerator.from_host, link);
        const bool crosses_up = crosses(accelerator.to_host, link);
        if (&group == &slots.groups().front() && (crosses_down || crosses_up)) {
          demand_Bps += std::max(accelerator.from_host.bandwidth_Bps, accelerator.to_host.bandwidth_Bps);
        }
        if (slots.group_of(a) != static_cast<GroupIndex>(&group - slots.groups().data())) continue;
        down = down && crosses_down;
        up = up && crosses_up;
      }
      found.down.push_back(down ? 1 : 0);
      found.up.push_back(up ? 1 : 0);
    }
    // An accelerator transfers one tensor at a time; wide enough for all is never a limit.
    if (demand_Bps > found.rate_Bps) shared.push_back(std::move(found));
  }
  return shared;
}

/// Layers that must have run before a join starts.
struct Join {
  LayerIndex layer;
  std::vector<LayerIndex> before;
};

/// Joins of streams that may run side by side; as many as cost about as much as the rest.
std::vector<Join> joins_of(const Slots& slots) {
  const std::size_t most = 16 * static_cast<std::size_t>(slots.layers());
  std::size_t total = 0;
  std::vector<Join> joins;
  for (LayerIndex layer = 0; layer < slots.layers() && total < most; ++layer) {
    if (slots.inputs(layer).size() < 2) continue;
    std::vector<char> seen(slots.layers());
    Join join{layer, {layer}};
    for (std::size_t next = 0; next < join.before.size(); ++next) {
      for (const std::uint32_t e : slots.inputs(join.before[next])) {
        const LayerIndex producer = slots.edges()[e].producer;
        if (seen[producer] == 0) join.before.push_back(producer);
        seen[producer] = 1;
      }
    }
    join.before.erase(join.before.begin());
    total += join.before.size();
    joins.push_back(std::move(join));
  }
  return joins;
}

/// The mean of all choices so far, and the weights that answer it: the more an argument says about the mean,
/// the more weight it gets.
class Weights {
 public:
  Weights(const Slots& slots, Arguments arguments)
      : slots_(slots), arguments_(arguments), groups_(slots.group_count()) {
    if (arguments.paths && arguments.loads) joins_ = joins_of(slots);
    if (arguments.links) links_ = shared_links(slots);
    slot_s_.assign(slots.layers(), 0);
    load_s_.assign(groups_, 0);
    before_s_.assign(joins_.size() * groups_, 0);
    for (auto* bytes : {&pinned_, &down_, &up_}) bytes->assign(groups_, 0);
    into_.resize(slots.layers());
    onwards_.resize(slots.layers());
    rounding_ = rounding_of(0);
  }

  bool has_arguments() const { return arguments_.paths || arguments_.loads || !links_.empty(); }

  /// By what part a bound at the prices of the last answer, or of single arguments before, may be too high.
  double rounding() const { return rounding_; }

  void add(const Use& use, double share) {
    const auto blend = [share](double& mean, double value) { mean += share * (value - mean); };
    std::vector<double> sums(groups_);
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      blend(slot_s_[layer], use.slot_s[layer]);
      sums[use.group[layer]] += use.slot_s[layer];
    }
    for (GroupIndex g = 0; g < groups_; ++g) {
      blend(load_s_[g], sums[g]);
      blend(pinned_[g], use.pinned_bytes[g]);
      blend(down_[g], use.down_bytes[g]);
      blend(up_[g], use.up_bytes[g]);
    }
    for (std::size_t j = 0; j < joins_.size(); ++j) {
      std::fill(sums.begin(), sums.end(), 0);
      for (const LayerIndex layer : joins_[j].before) sums[use.group[layer]] += use.slot_s[layer];
      for (GroupIndex g = 0; g < groups_; ++g) blend(before_s_[j * groups_ + g], sums[g]);
    }
  }

  /// @param sharpness per second, with which the largest argument stands out
  /// @param strictness price of pinning twice the budget, relative to streaming
  /// @returns the weights of the kinds of arguments; @p prices are those that follow
  PricedBound answer(double sharpness, double strictness, Prices& prices) {
    PricedBound shares;
    const double total = log_of_all(sharpness);
    rounding_ = rounding_of(total);
    const auto weight = [&](double value_s) { return std::exp(sharpness * value_s - total); };
    prices.seconds.assign(static_cast<std::size_t>(slots_.layers()) * groups_, 0);
    for (auto* by_group : {&prices.pinned, &prices.down, &prices.up}) by_group->assign(groups_, 0);
    std::vector<double> load_price(groups_);
    if (arguments_.loads) {
      for (GroupIndex g = 0; g < groups_; ++g) {
        const double share = weight(load_s_[g] / count(g));
        shares.loads += share;
        load_price[g] = share / count(g);
      }
    }
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      const double on_paths =
          arguments_.paths ? std::exp(into_[layer] + onwards_[layer] + sharpness * slot_s_[layer] - total)
                           : 0;
      if (slots_.outputs(layer).empty()) shares.paths += on_paths;
      for (GroupIndex g = 0; g < groups_; ++g) prices.seconds[layer * groups_ + g] = on_paths + load_price[g];
    }
    for (std::size_t j = 0; j < joins_.size(); ++j) {
      const LayerIndex join = joins_[j].layer;
      const double onwards = onwards_[join] + sharpness * slot_s_[join] - total;
      for (GroupIndex g = 0; g < groups_; ++g) {
        const double share = std::exp(sharpness * before_s_[j * groups_ + g] / count(g) + onwards);
        shares.paths -= share;
        shares.loads += share;
        for (const LayerIndex layer : joins_[j].before)
          prices.seconds[layer * groups_ + g] += share / count(g);
      }
    }
    for (const SharedLink& link : links_) {
      const double share = weight(seconds_over(link));
      shares.links += share;
      for (GroupIndex g = 0; g < groups_; ++g) {
        if (link.down[g] != 0) prices.down[g] += share / link.rate_Bps;
        if (link.up[g] != 0) prices.up[g] += share / link.rate_Bps;
      }
    }
    for (GroupIndex g = 0; g < groups_; ++g) {
      const double room = room_bytes(g);
      const double excess = room > 0 ? std::max(0.0, pinned_[g] / room - 1) : 1;
      prices.pinned[g] = strictness * seconds_per_byte(g) * excess;
    }
    return shares;
  }

  /// Prices of arguments that stand alone: the loads of accelerators of one sort, evenly, and single links.
  std::vector<std::pair<Prices, PricedBound>> single_arguments() const {
    std::vector<std::pair<Prices, PricedBound>> singles;
    Prices none;
    none.seconds.assign(static_cast<std::size_t>(slots_.layers()) * groups_, 0);
    for (auto* by_group : {&none.pinned, &none.down, &none.up}) by_group->assign(groups_, 0);
    std::set<std::vector<char>> sorts;  // those that run some layer, and all
    if (arguments_.loads) sorts.emplace(groups_, 1);
    constexpr std::size_t kMostSorts = 32;
    for (LayerIndex layer = 0; arguments_.loads && layer < slots_.layers(); ++layer) {
      if (sorts.size() == kMostSorts) break;
      std::vector<char> sort(groups_);
      for (GroupIndex g = 0; g < groups_; ++g) sort[g] = slots_.cost(layer, g).runs() ? 1 : 0;
      sorts.insert(std::move(sort));
    }
    for (const std::vector<char>& sort : sorts) {
      double accelerators = 0;
      for (GroupIndex g = 0; g < groups_; ++g) accelerators += sort[g] != 0 ? count(g) : 0;
      Prices prices = none;
      for (std::size_t i = 0; i < prices.seconds.size(); ++i)
        prices.seconds[i] = sort[i % groups_] != 0 ? 1 / accelerators : 0;
      singles.push_back({std::move(prices), {0, 0, 1, 0}});
    }
    for (const SharedLink& link : links_) {
      Prices prices = none;
      for (GroupIndex g = 0; g < groups_; ++g) {
        prices.down[g] = link.down[g] != 0 ? 1 / link.rate_Bps : 0;
        prices.up[g] = link.up[g] != 0 ? 1 / link.rate_Bps : 0;
      }
      singles.push_back({prices, {0, 0, 0, 1}});
      prices.pinned = prices.down;
      singles.push_back({std::move(prices), {0, 0, 0, 1}});
    }
    return singles;
  }

  /// What pinned bytes within all budgets cost.
  double pins_s(const Prices& prices) const {
    double sum = 0;
    for (GroupIndex g = 0; g < groups_; ++g) sum += prices.pinned[g] * room_bytes(g);
    return sum;
  }

 private:
  /// Weights are exponentials of sums along the edges, as far as a layer's weight is spread over paths: each
  /// addition is off by half a unit of a number of about @p total, and the weight by as large a part. There
  /// are sums into a layer, onwards from it, and then those of the costs.
  double rounding_of(double total) const {
    const double additions = static_cast<double>(slots_.layers() + slots_.edges().size() + groups_);
    return 2 * additions * (1 + std::abs(total)) * std::numeric_limits<double>::epsilon();
  }
  double count(GroupIndex g) const { return slots_.groups()[g].count; }
  double room_bytes(GroupIndex g) const {
    return static_cast<double>(slots_.groups()[g].room_bytes()) * count(g);
  }
  double seconds_per_byte(GroupIndex g) const {
    return 1 / slots_.problem().system().accelerators[slots_.groups()[g].first].from_host.bandwidth_Bps;
  }
  double seconds_over(const SharedLink& link) const {
    double bytes = 0;
    for (GroupIndex g = 0; g < groups_; ++g)
      bytes += (link.down[g] != 0 ? down_[g] : 0) + (link.up[g] != 0 ? up_[g] : 0);
    return bytes / link.rate_Bps;
  }

  /// Logarithm of the sum of exp(sharpness x value) over all arguments; those of paths are summed along the
  /// edges: into_ before each layer's slot, onwards_ behind it.
  double log_of_all(double sharpness) {
    double total = -kNever;
    if (arguments_.loads) {
      for (GroupIndex g = 0; g < groups_; ++g) total = log_add(total, sharpness * load_s_[g] / count(g));
    }
    for (const SharedLink& link : links_) total = log_add(total, sharpness * seconds_over(link));
    if (!arguments_.paths) return total;
    const auto order = slots_.problem().topological_order();
    std::vector<std::size_t> join_at(slots_.layers(), joins_.size());
    for (std::size_t j = 0; j < joins_.size(); ++j) join_at[joins_[j].layer] = j;
    for (const LayerIndex layer : order) {
      double sum = slots_.inputs(layer).empty() ? 0 : -kNever;
      for (const std::uint32_t e : slots_.inputs(layer)) {
        const LayerIndex producer = slots_.edges()[e].producer;
        sum = log_add(sum, into_[producer] + sharpness * slot_s_[producer]);
      }
      for (GroupIndex g = 0; join_at[layer] < joins_.size() && g < groups_; ++g)
        sum = log_add(sum, sharpness * before_s_[join_at[layer] * groups_ + g] / count(g));
      into_[layer] = sum;
      if (slots_.outputs(layer).empty()) total = log_add(total, sum + sharpness * slot_s_[layer]);
    }
    for (std::size_t i = order.size(); i-- > 0;) {
      double sum = slots_.outputs(order[i]).empty() ? 0 : -kNever;
      for (const std::uint32_t e : slots_.outputs(order[i])) {
        const LayerIndex consumer = slots_.edges()[e].consumer;
        sum = log_add(sum, onwards_[consumer] + sharpness * slot_s_[consumer]);
      }
      onwards_[order[i]] = sum;
    }
    return total;
  }

  const Slots& slots_;
  Arguments arguments_;
  std::size_t groups_;
  double rounding_ = 0;
  std::vector<Join> joins_;
  std::vector<SharedLink> links_;
  std::vector<double> slot_s_;    ///< mean, by layer
  std::vector<double> load_s_;    ///< mean, by group
  std::vector<double> before_s_;  ///< mean of what runs before a join, by join and group
  std::vector<double> pinned_;    ///< mean bytes, by group
  std::vector<double> down_;
  std::vector<double> up_;
  std::vector<double> into_;
  std::vector<double> onwards_;
};

}  // namespace

PricedBound bound_by_prices(const Slots& slots, const Windows& windows, Arguments arguments) {
  // Found by trial on six networks at five bandwidths: within some 3 % of the linear program's bound.
  constexpr double kSharpness = 2;
  constexpr double kStrictness = 0.1;
  constexpr int kRounds = 256;
  constexpr double kMostWork = 2e7;  // layers x groups x rounds: a fraction of a second
  const double a_round = static_cast<double>(slots.layers()) * slots.group_count();
  const int rounds = std::clamp(static_cast<int>(kMostWork / a_round), 1, kRounds);
  Weights weights(slots, arguments);
  PricedBound best;
  if (!weights.has_arguments()) return best;
  AssignmentTree tree(slots);
  Prices prices;
  Use use;
  const auto consider = [&](const Prices& at, PricedBound bound) {
    const double cost = tree.minimise(at, use);
    const double pins_s = weights.pins_s(at);
    bound.latency_s = cost - pins_s - weights.rounding() * (cost + pins_s);
    if (bound.latency_s > best.latency_s) best = bound;
  };
  for (const auto& [single, bound] : weights.single_arguments()) consider(single, bound);
  for (int round = 0; round < rounds; ++round) {
    const double progress = std::sqrt(round + 1.0);
    const PricedBound bound =
        weights.answer(kSharpness * progress / windows.latency_s(), kStrictness * progress, prices);
    consider(prices, bound);
    weights.add(use, round == 0 ? 1 : 2.0 / (round + 2));
  }
  return best;
}

}  // namespace h2h::bounds
