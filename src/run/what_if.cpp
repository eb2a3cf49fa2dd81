// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/what_if.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include <h2h/mapper/evaluator.hpp>
#include <h2h/mapping/locality.hpp>
#include <h2h/schedule/activity_order.hpp>
#include <h2h/simulation/replay.hpp>

namespace h2h {
namespace {

/// An upgrade that is to be judged.
struct Candidate {
  Upgrade upgrade;
  std::optional<Mapping> redone;     ///< of memory: what steps 2 and 3 make of more of it
  std::optional<Mapping> reference;  ///< and of what there is, where that is not what the mapping has
  double analytic_s = 0;             ///< latency with it
  double analytic_reference_s = 0;
  double promise_s = 0;
};

/// Links by the name under which they can be bought: the directions of a split-duplex link as one.
std::vector<Upgrade> upgradable_links(const System& system) {
  std::map<std::string, LinkIndex> by_name;
  for (LinkIndex link = 0; link < system.links.size(); ++link) by_name.emplace(system.links[link].name, link);
  const std::string up = "_UP";
  const std::string down = "_DOWN";
  std::vector<Upgrade> upgrades;
  for (const auto& [name, link] : by_name) {
    Upgrade upgrade{Upgrade::Kind::link, name, {link}};
    if (name.ends_with(down) && by_name.contains(name.substr(0, name.size() - down.size()) + up)) {
      upgrade.name.resize(name.size() - down.size());
      upgrade.links.push_back(by_name.at(upgrade.name + up));
    } else if (name.ends_with(up) && by_name.contains(name.substr(0, name.size() - up.size()) + down)) {
      continue;  // counted with its other direction
    }
    upgrades.push_back(std::move(upgrade));
  }
  return upgrades;
}

/// The scope of step 3 by which a mapping may have been made.
LocalityRules::Scope scope_of(const Problem& problem, const Mapping& mapping) {
  for (const auto& order : mapping.order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (const TensorIndex tensor : problem.inputs(order[i])) {
        if (mapping.fused[tensor] != 0 && (i == 0 || problem.tensor(tensor).producer != order[i - 1]))
          return LocalityRules::Scope::resident;
      }
    }
  }
  return LocalityRules::Scope::adjacent;
}

/// A mapping whose activities take as long as one likes.
class Timing {
 public:
  Timing(const Problem& problem, const Mapping& mapping, const Schedule& schedule)
      : schedule_(schedule),
        order_(order_of(problem, mapping, schedule)),
        sequence_(execution_sequence(problem, mapping)) {
    for (const Activity& activity : schedule_.activities())
      alone_s_.push_back(alone_s(problem, mapping, activity));
  }

  /// By activity, without contention.
  const std::vector<double>& seconds() const { return alone_s_; }

  /// The latency if activities take so long: each starts when all before it have ended.
  double latency_s(std::span<const double> seconds) const {
    std::vector<double> end_s(seconds.size());
    double latency_s = 0;
    for (const LayerIndex layer : sequence_) {
      const auto count = static_cast<std::uint32_t>(schedule_.of(layer).size());
      const std::uint32_t first = schedule_.first_activity(layer);
      for (std::uint32_t i = first; i < first + count; ++i) {
        double start_s = 0;
        for (const std::uint32_t before : order_.of(i)) start_s = std::max(start_s, end_s[before]);
        end_s[i] = start_s + seconds[i];
        latency_s = std::max(latency_s, end_s[i]);
      }
    }
    return latency_s;
  }

 private:
  Schedule schedule_;  ///< its times are not read
  ActivityOrder order_;
  std::vector<LayerIndex> sequence_;
  std::vector<double> alone_s_;
};

/// A mapping and all that is needed to try it on platforms that are better in one part.
class Trials {
 public:
  Trials(const Problem& problem, const Judgement& judgement, const CriticalPath& path, double factor)
      : problem_(problem),
        mapping_(judgement.mapping),
        schedule_(judgement.schedule),
        is_cold_(judgement.is_cold),
        path_(path),
        factor_(factor),
        scope_(scope_of(problem, mapping_)),
        timing_(problem, mapping_, schedule_),
        as_it_is_s_(timing_.latency_s(timing_.seconds())) {}

  /// All candidates that may change something. @param idle is raised by one for each other
  std::vector<Candidate> candidates(std::size_t& idle) const {
    std::vector<Candidate> all;
    const auto add = [&](std::optional<Candidate> candidate) {
      if (candidate) {
        all.push_back(std::move(*candidate));
      } else {
        ++idle;
      }
    };
    for (Upgrade& upgrade : upgradable_links(problem_.system())) add(link(std::move(upgrade)));
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) add(accelerator(a));
    System larger = problem_.system();
    const auto grown = [this](std::int64_t bytes) {
      // Sizes are whole numbers that a double holds.
      return static_cast<std::int64_t>(std::min(std::floor(static_cast<double>(bytes) * factor_), 0x1p53));
    };
    for (Accelerator& accelerator : larger.accelerators) {
      accelerator.dram_bytes = grown(accelerator.dram_bytes);
      accelerator.weight_budget_bytes = grown(accelerator.weight_budget_bytes);
    }
    const Problem with_more = problem_.on(larger);
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) add(memory(a, with_more));
    return all;
  }

  /// What SimGrid has to run for an upgrade.
  ReplayProgram program(const Candidate& candidate) const {
    const Upgrade& upgrade = candidate.upgrade;
    if (upgrade.kind == Upgrade::Kind::memory) return program(*candidate.redone);
    ReplayProgram changed = compile(problem_, mapping_, schedule_);
    for (const LinkIndex link : upgrade.links)
      changed.bandwidths.push_back({link, factor_ * problem_.system().links[link].bandwidth_Bps});
    if (upgrade.kind == Upgrade::Kind::accelerator) {
      for (std::size_t i = 0; i < changed.activities.size(); ++i) {
        if (is_computation_on(upgrade.accelerator, schedule_.activities()[i]))
          changed.activities[i].amount /= factor_;
      }
    }
    return changed;
  }
  ReplayProgram program(const Mapping& mapping) const {
    return compile(problem_, mapping, activities(mapping));
  }

 private:
  /// Of another mapping of the same run.
  Schedule activities(const Mapping& mapping) const {
    return {problem_, is_cold_ ? while_loading(mapping, all_loads(problem_, mapping)) : mapping,
            schedule_.execution()};
  }

  bool is_computation_on(AcceleratorIndex a, const Activity& activity) const {
    return activity.stage == Stage::compute && mapping_.accelerator[activity.layer] == a;
  }

  double analytic_s(const Mapping& mapping) const {
    const Timing timing(problem_, mapping, activities(mapping));
    return timing.latency_s(timing.seconds());
  }

  /// Seconds of a transfer alone if some links were faster. Not touched where none of them binds.
  double faster_s(std::size_t transfer, std::span<const LinkIndex> links) const {
    const Activity& activity = schedule_.activities()[transfer];
    double before_Bps = std::numeric_limits<double>::infinity();
    double after_Bps = before_Bps;
    for (const LinkIndex link : links_of(problem_, mapping_, activity)) {
      const double bandwidth_Bps = problem_.system().links[link].bandwidth_Bps;
      const bool is_faster = std::find(links.begin(), links.end(), link) != links.end();
      before_Bps = std::min(before_Bps, bandwidth_Bps);
      after_Bps = std::min(after_Bps, is_faster ? factor_ * bandwidth_Bps : bandwidth_Bps);
    }
    const auto bytes = static_cast<double>(activity.bytes);
    const double alone_s = timing_.seconds()[transfer];
    return after_Bps > before_Bps ? alone_s - bytes / before_Bps + bytes / after_Bps : alone_s;
  }

  bool crosses(const Activity& activity, std::span<const LinkIndex> links) const {
    const auto route = links_of(problem_, mapping_, activity);
    return std::find_first_of(route.begin(), route.end(), links.begin(), links.end()) != route.end();
  }

  std::optional<Candidate> link(Upgrade upgrade) const {
    std::vector<double> seconds = timing_.seconds();
    bool is_used = false;
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      if (!crosses(schedule_.activities()[i], upgrade.links)) continue;
      is_used = true;
      seconds[i] = faster_s(i, upgrade.links);
    }
    if (!is_used) return std::nullopt;
    double contention_s = 0;
    for (const Stretch& stretch : path_.stretches) {
      const bool binds =
          std::find(upgrade.links.begin(), upgrade.links.end(), stretch.link) != upgrade.links.end();
      if (binds) contention_s += stretch.contention_s();
    }
    return promising(std::move(upgrade), seconds, contention_s);
  }

  std::optional<Candidate> accelerator(AcceleratorIndex a) const {
    std::vector<double> seconds = timing_.seconds();
    bool is_used = false;
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      if (!is_computation_on(a, schedule_.activities()[i]) || seconds[i] <= 0) continue;
      is_used = true;
      seconds[i] /= factor_;
    }
    if (!is_used) return std::nullopt;
    return promising({Upgrade::Kind::accelerator, problem_.system().accelerators[a].name, {}, a}, seconds);
  }

  /// @param contention_s of transfers that it would relieve
  Candidate promising(Upgrade upgrade, std::span<const double> seconds, double contention_s = 0) const {
    Candidate candidate{std::move(upgrade)};
    candidate.analytic_s = timing_.latency_s(seconds);
    candidate.analytic_reference_s = as_it_is_s_;
    candidate.promise_s = as_it_is_s_ - candidate.analytic_s + contention_s * (1 - 1 / factor_);
    return candidate;
  }

  std::optional<Candidate> memory(AcceleratorIndex a, const Problem& with_more) const {
    if (mapping_.order[a].empty()) return std::nullopt;
    const Mapping now = redone(problem_, a);
    Mapping then = redone(with_more, a);
    if (then == now || then == mapping_) return std::nullopt;
    Candidate candidate{{Upgrade::Kind::memory, problem_.system().accelerators[a].name, {}, a}};
    candidate.analytic_reference_s = as_it_is_s_;
    if (now != mapping_) {
      candidate.analytic_reference_s = std::min(as_it_is_s_, analytic_s(now));
      candidate.reference = now;
    }
    candidate.analytic_s = analytic_s(then);
    candidate.promise_s = candidate.analytic_reference_s - candidate.analytic_s;
    candidate.redone = std::move(then);
    return candidate;
  }

  /// The mapping with steps 2 and 3 redone on one accelerator, in the memory of @p problem.
  Mapping redone(const Problem& problem, AcceleratorIndex a) const {
    Mapping mapping = mapping_;
    const std::vector<LayerIndex>& order = mapping.order[a];
    DramAllocator allocator(problem, {LocalityRules::Weights::exact, scope_});
    const auto chosen = allocator.pin(a, order);
    const std::vector<char> pinned(chosen.begin(), chosen.end());
    for (std::size_t i = 0; i < order.size(); ++i) {
      mapping.pinned[order[i]] = pinned[i];
      for (const TensorIndex tensor : problem.inputs(order[i])) mapping.fused[tensor] = 0;
    }
    for (const TensorIndex tensor : allocator.fuse(a, order, pinned)) mapping.fused[tensor] = 1;
    return mapping;
  }

  const Problem& problem_;
  const Mapping& mapping_;
  const Schedule& schedule_;
  bool is_cold_;
  const CriticalPath& path_;
  double factor_;
  LocalityRules::Scope scope_;
  Timing timing_;
  double as_it_is_s_;  ///< analytic latency of the mapping
};

/// Judges by SimGrid.
void judge_by_replay(const Trials& trials, double latency_s, std::span<Simulator> simulators,
                     std::vector<Candidate>& candidates) {
  std::vector<ReplayProgram> programs;
  for (const Candidate& candidate : candidates) {
    programs.push_back(trials.program(candidate));
    if (candidate.reference) programs.push_back(trials.program(*candidate.reference));
  }
  const std::vector<double> replayed_s = latencies_s(simulators, programs);
  auto next_s = replayed_s.begin();
  for (Candidate& candidate : candidates) {
    Upgrade& upgrade = candidate.upgrade;
    upgrade.latency_s = *next_s++;
    upgrade.reference_s = latency_s;
    if (candidate.reference) upgrade.reference_s = std::min(*next_s++, latency_s);
  }
}

void judge_analytically(double latency_s, std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates) {
    candidate.upgrade.latency_s = candidate.analytic_s;
    // Where nothing was redone the two differ in the order of additions.
    candidate.upgrade.reference_s = candidate.reference ? candidate.analytic_reference_s : latency_s;
  }
}

/// Leaves the candidates of the most promise, in their order. @returns how many are gone
std::size_t keep_most_promising(std::vector<Candidate>& candidates, std::size_t most) {
  if (candidates.size() <= most) return 0;
  std::vector<std::size_t> ranked(candidates.size());
  std::iota(ranked.begin(), ranked.end(), 0);
  std::stable_sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) {
    return candidates[a].promise_s > candidates[b].promise_s;
  });
  ranked.resize(most);
  std::sort(ranked.begin(), ranked.end());
  std::vector<Candidate> kept;
  for (const std::size_t i : ranked) kept.push_back(std::move(candidates[i]));
  const std::size_t gone = candidates.size() - most;
  candidates = std::move(kept);
  return gone;
}

}  // namespace

std::string_view to_string(Upgrade::Kind kind) {
  switch (kind) {
    case Upgrade::Kind::link:
      return "link";
    case Upgrade::Kind::accelerator:
      return "accelerator";
    case Upgrade::Kind::memory:
      return "memory";
  }
  return "";
}

WhatIf what_if(const Problem& problem, const Judgement& judgement, const CriticalPath& path,
               std::span<Simulator> simulators, const WhatIfOptions& options) {
  WhatIf result;
  result.factor = options.factor;
  const Trials trials(problem, judgement, path, options.factor);
  std::vector<Candidate> candidates = trials.candidates(result.idle);
  result.not_judged = keep_most_promising(candidates, options.most);
  if (simulators.empty()) {
    judge_analytically(judgement.latency_s, candidates);
  } else {
    judge_by_replay(trials, judgement.latency_s, simulators, candidates);
  }
  for (Candidate& candidate : candidates) {
    Upgrade& upgrade = candidate.upgrade;
    // More memory can hold what less of it holds, where that is better.
    if (upgrade.kind == Upgrade::Kind::memory)
      upgrade.latency_s = std::min(upgrade.latency_s, upgrade.reference_s);
    // What differs in rounding only is the same.
    if (std::abs(upgrade.saving_s()) <= kDecisionMargin * upgrade.reference_s)
      upgrade.latency_s = upgrade.reference_s;
    result.upgrades.push_back(std::move(upgrade));
  }
  std::stable_sort(result.upgrades.begin(), result.upgrades.end(),
                   [](const Upgrade& a, const Upgrade& b) { return a.saving_s() > b.saving_s(); });
  return result;
}

}  // namespace h2h
