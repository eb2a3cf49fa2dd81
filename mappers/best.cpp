// SPDX-License-Identifier: Apache-2.0
//
// Step `best`: the mapper that we recommend.
//
// 1. Starts. Several constructive mappers, and the mapping that the step is given, if any; the best goes on.
// 2. Annealing (see simulated_annealing.cpp) in rounds: each heats up again a little from the best plan so
//    far. A round is several independent chains, which run side by side.
// 3. Under a judge other than the analytic one, contention counts. Its effect is to make transfers slower, so
//    annealing goes on where the network is slower by several factors; the judge picks among the results, and
//    from the one that it picks a descent goes on that the judge itself decides, a handful of moves at a
//    time. Moves that the analytic latency already shows not to win are not judged, where it is a lower bound
//    (not of overlapped execution).
//
// Limited by evaluations the result depends on the seed alone, not on how many processors there are; limited
// by time it depends on the machine.

#include <algorithm>
#include <array>
#include <future>
#include <utility>
#include <vector>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/plugin.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/search/annealing.hpp>

#include "search_options.hpp"

namespace h2h {
namespace {

/// A part of a limit.
SearchLimit part_of(SearchLimit limit, double part) {
  if (limit.evaluations) {
    limit.evaluations = static_cast<std::uint64_t>(static_cast<double>(*limit.evaluations) * part);
  }
  limit.seconds *= part;
  return limit;
}

/// The system with a network slower by a factor.
System slowed(System system, double factor) {
  for (Accelerator& accelerator : system.accelerators) {
    accelerator.from_host.bandwidth_Bps /= factor;
    accelerator.to_host.bandwidth_Bps /= factor;
  }
  for (PeerRoutes::Speed& speed : system.peers.speeds) speed.bandwidth_Bps /= factor;
  return system;
}

class Best : public MappingStep {
 public:
  explicit Best(const Section& options)
      : limit_(limit_option(options, 1)),
        objective_(objective_option(options)),
        scope_(scope_option(options)),
        seed_(seed_option(options)),
        rounds_(static_cast<std::size_t>(options.integer("rounds", 2, {1}))),
        chains_(static_cast<std::size_t>(options.integer("chains", 2, {1}))),
        cooling_(cooling_option(options)) {}

  bool is_timed() const override { return limit_.is_timed(); }

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    const bool judged = !context.evaluator.is_analytic() && objective_ == kLatency;
    StepResult result;
    Progress whole(limit_);
    AnnealingResult best = start(problem, mapping, context, whole);
    SearchLimit rest = limit_;
    rest.seconds *= 1 - std::min(1.0, whole.look());
    const std::uint64_t seed = seed_.value_or(context.seed);
    const double analytic_part = judged ? kAnalyticPart : 1;
    for (std::size_t round = 0; round < rounds_; ++round) {
      best = anneal_round(problem, best, part_of(rest, analytic_part / static_cast<double>(rounds_)),
                          derived_seed(seed, round, 0), context.jobs, result);
    }
    result.mapping = mapping_of(problem, best.plan, scope_);
    if (judged) {
      judge_results(problem, best, part_of(rest, kSlowedPart), seed, context, result);
      descend(problem, part_of(rest, 1 - kAnalyticPart - kSlowedPart),
              derived_seed(seed, rounds_ + kFactors.size(), 0), context, result);
      if (mapping.is_complete()) result = unless_worse(problem, mapping, std::move(result), context);
    }
    return result;
  }

 private:
  AnnealingResult value_of(const Problem& problem, const Mapping& mapping) const {
    PlanSchedule schedule(problem, plan_of(problem, mapping), objective_, scope_);
    return {schedule.plan(), schedule.value()};
  }

  /// The best of the starts. Mappers that take long on large problems are left out there.
  AnnealingResult start(const Problem& problem, const Mapping& given, const StepContext& context,
                        Progress& progress) const {
    constexpr std::uint64_t kLarge = 100000;  // layers x accelerators
    constexpr double kPartOfTime = 0.25;
    const bool large = std::uint64_t{problem.layers()} * problem.accelerators() > kLarge;
    static const std::array<const char*, 2> kQuick = {"heft", "peft"};
    static const std::array<const char*, 2> kThorough = {"h2h-release", "h2h"};
    std::vector<const char*> names(kQuick.begin(), large ? kQuick.begin() + 1 : kQuick.end());
    if (!large) names.insert(names.end(), kThorough.begin(), kThorough.end());

    const Registry registry = builtin_registry();
    AnalyticEvaluator evaluator;
    StepContext analytic{evaluator, context.seed, context.jobs};
    AnnealingResult best;
    if (given.is_complete()) best = value_of(problem, given);
    for (const char* name : names) {
      if (!best.plan.sequence.empty() && progress.look() > kPartOfTime) break;
      Mapping start = Mapping::none(problem);
      for (const Mapper::Step& step : make_mapper(name, registry).steps) {
        start = step.step->run(problem, start, analytic).mapping;
      }
      AnnealingResult one = value_of(problem, start);
      if (best.plan.sequence.empty() || one.value < best.value) best = std::move(one);
    }
    return best;
  }

  /// Chains side by side, all from one plan. @returns the best met
  AnnealingResult anneal_round(const Problem& problem, const AnnealingResult& from, SearchLimit limit,
                               std::uint64_t seed, unsigned jobs, StepResult& result) const {
    const std::size_t together = std::min<std::size_t>(jobs, chains_);
    SearchLimit each = limit;
    if (each.evaluations) *each.evaluations /= chains_;
    each.seconds *= static_cast<double>(together) / static_cast<double>(chains_);
    std::vector<AnnealingResult> found(chains_);
    std::vector<std::uint64_t> evaluations(chains_);
    const auto run_chain = [&](std::size_t chain) {
      PlanSchedule schedule(problem, from.plan, objective_, scope_);
      Neighbourhood neighbourhood(problem, seed + chain);
      Progress progress(each);
      found[chain] = anneal(schedule, neighbourhood, cooling_, progress);
      evaluations[chain] = progress.evaluations();
    };
    for (std::size_t first = 0; first < chains_; first += together) {
      std::vector<std::future<void>> others;
      const std::size_t end = std::min(first + together, chains_);
      for (std::size_t chain = first + 1; chain < end; ++chain) {
        others.push_back(std::async(std::launch::async, run_chain, chain));
      }
      run_chain(first);
      for (std::future<void>& other : others) other.get();
    }
    AnnealingResult best = from;
    for (std::size_t chain = 0; chain < chains_; ++chain) {
      result.evaluations += evaluations[chain];
      if (found[chain].value < best.value) best = std::move(found[chain]);
    }
    return best;
  }

  /// Anneals on slower networks too, and takes what the judge finds best.
  void judge_results(const Problem& problem, const AnnealingResult& best, SearchLimit limit,
                     std::uint64_t seed, StepContext& context, StepResult& result) const {
    std::vector<Mapping> candidates = {result.mapping};
    for (std::size_t i = 0; i < kFactors.size(); ++i) {
      const System system = slowed(problem.system(), kFactors[i]);
      const Problem slow = problem.on(system);
      PlanSchedule schedule(slow, best.plan, objective_, scope_);
      const AnnealingResult found =
          anneal_round(slow, {best.plan, schedule.value()}, part_of(limit, 1.0 / kFactors.size()),
                       derived_seed(seed, rounds_ + i, 0), context.jobs, result);
      candidates.push_back(mapping_of(problem, found.plan, scope_));
    }
    const std::vector<double> latencies_s = context.evaluator.latencies_s(problem, candidates);
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      if (improves(latencies_s[i], latencies_s[chosen])) chosen = i;
    }
    result.mapping = candidates[chosen];
  }

  /// Takes random moves that the judge finds better, as many at a time whatever it can judge side by side.
  void descend(const Problem& problem, SearchLimit limit, std::uint64_t seed, StepContext& context,
               StepResult& result) const {
    constexpr std::size_t kAtATime = 8;
    constexpr std::uint64_t kReplay = 250;  // what a replay costs, in evaluations
    PlanSchedule schedule(problem, plan_of(problem, result.mapping), objective_, scope_);
    Neighbourhood neighbourhood(problem, seed);
    Progress progress(limit);
    const bool bounded = context.evaluator.has_analytic_bound();
    double latency_s = context.evaluator.latency_s(problem, result.mapping);
    while (!progress.done()) {
      std::vector<Plan> plans;
      std::vector<Mapping> candidates;
      while (candidates.size() < kAtATime && !progress.done()) {
        progress.advance();
        ++result.evaluations;
        const bool promising =
            neighbourhood.disturb(schedule) && (!bounded || improves(schedule.value(latency_s), latency_s));
        if (promising) {
          plans.push_back(schedule.plan());
          candidates.push_back(mapping_of(problem, schedule.plan(), scope_));
        }
        schedule.rollback();
      }
      progress.advance(kReplay * candidates.size());
      const std::vector<double> judged_s = context.evaluator.latencies_s(problem, candidates);
      const auto shortest = std::min_element(judged_s.begin(), judged_s.end());
      if (shortest == judged_s.end() || !improves(*shortest, latency_s)) continue;
      const auto chosen = static_cast<std::size_t>(shortest - judged_s.begin());
      latency_s = *shortest;
      result.mapping = candidates[chosen];
      schedule.replace(std::move(plans[chosen]));
      neighbourhood.accepted();
    }
  }

  /// By which the network is slower where contention is to count. Rounds, factors and the descent each have
  /// a part of the seeds, and the chains of a round those of its part.
  static constexpr std::array<double, 5> kFactors = {1.3, 1.7, 2.5, 4, 8};
  // How the limit is divided where a judge decides in the end; the rest is for the descent.
  static constexpr double kAnalyticPart = 0.3;
  static constexpr double kSlowedPart = 0.3;
  SearchLimit limit_;
  Objective objective_;
  LocalityRules::Scope scope_;
  std::optional<std::uint64_t> seed_;
  std::size_t rounds_;
  std::size_t chains_;
  Cooling cooling_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(best) {
  registry.add_step({"best",
                     "what we recommend: several mappers as starts, then annealing in rounds",
                     "h2h-sim",
                     {h2h::describe_evals(),
                      h2h::describe_time("1s"),
                      h2h::describe_objective(),
                      h2h::describe_scope(),
                      h2h::describe_seed(),
                      {"rounds", "2", "how often annealing heats up again"},
                      h2h::describe_from(),
                      h2h::describe_to(),
                      {"chains", "2", "independent chains a round, which run side by side"}},
                     [](const h2h::Section& options) { return std::make_shared<const h2h::Best>(options); },
                     h2h::StepFamily::Start::either});
}
