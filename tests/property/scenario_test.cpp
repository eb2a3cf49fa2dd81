// SPDX-License-Identifier: Apache-2.0
//
// Scenarios on random problems: what holds of weights and times whatever comes and goes.

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <h2h/base/error.hpp>
#include <h2h/mapping/locality.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/simulation/replay.hpp>

#include "support/random.hpp"
#include "support/temporary.hpp"

namespace h2h {
namespace {

using test::chance;
using test::draw;
using test::Random;

/// A workload that comes and goes on a random system.
class RandomScenario {
 public:
  RandomScenario(Random& random, const PlatformDescription& platform, std::int64_t phases,
                 std::size_t frames_each, Activations activations)
      : workload_(test::random_workload(random)),
        system_(test::random_system(random, platform, chance(random, 0.6))) {
    std::vector<double> arrivals_s;
    const double period_s = 0.01 * static_cast<double>(draw(random, 1, 1000));
    for (std::size_t i = 0; i < static_cast<std::size_t>(phases) * frames_each; ++i)
      arrivals_s.push_back(static_cast<double>(i) * period_s);
    sequence = steady_sequence(workload_, system_, activations, arrivals_s);
    sequence.phases.clear();
    for (std::int64_t i = 0; i < phases; ++i)
      sequence.phases.push_back({static_cast<std::size_t>(i) * frames_each, some_modalities(random), "", {}});
  }
  RandomScenario(const RandomScenario&) = delete;
  RandomScenario& operator=(const RandomScenario&) = delete;

  FrameSequence sequence;

 private:
  std::vector<std::string> some_modalities(Random& random) const {
    ScenarioPhase phase;
    for (const std::string& name : workload_.modalities()) {
      if (chance(random, 0.6)) phase.modalities.push_back(name);
    }
    try {
      workload_of(workload_, phase);
      return phase.modalities;
    } catch (const Error&) {
      return workload_.modalities();  // what would be left is no network
    }
  }

  Workload workload_;
  System system_;
};

SequenceJudge analytic_judge() {
  return {{analytic_schedule}, analytic_stream};
}

SequenceJudge replay_judge(Simulator& simulator) {
  return {
      {[&](const Problem& problem, const Mapping& mapping) { return replay(problem, mapping, simulator); },
       true},
      [&](const Stream& stream, const FrameVisitor& visit) { replay_stream(stream, simulator, visit); }};
}

constexpr const char* kMappers[] = {"h2h", "heft", "h2h[scope=resident]", "min-min", "h2h+sa[evals=200]"};

/// What holds of every run, worked out from the mappings alone.
void check_weights(const ScenarioRun& run, const System& system) {
  std::int64_t before = 0;
  std::set<std::pair<std::string, AcceleratorIndex>> brought;  // while nothing has been evicted
  bool evicted = false;
  for (std::size_t i = 0; i < run.phases.size(); ++i) {
    SCOPED_TRACE(fmt::format("phase {}", i));
    const PhaseRun& phase = run.phases[i];
    const Problem& problem = *phase.problem;
    const Mapping& mapping = phase.judgement->mapping;
    std::int64_t loaded = 0;
    std::int64_t pinned = 0;
    std::int64_t there = 0;
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
      std::int64_t pinned_here = 0;
      for (const LayerIndex layer : mapping.order[a]) {
        const std::int64_t bytes = problem.cost(layer, a).weight_bytes;
        if (mapping.pinned[layer] == 0 || bytes == 0) continue;
        pinned_here += bytes;
        const bool is_new = brought.emplace(problem.workload().layer(layer).name, a).second;
        if (phase.weights.loads[layer] != 0) {
          loaded += bytes;
          ASSERT_TRUE(is_new || evicted) << "weights that were there are loaded again";
        } else {
          ASSERT_TRUE(!is_new || (i == 0 && !run.options.cold)) << "weights that were never there are used";
        }
      }
      const auto used = dram_profile(problem, mapping, a);
      const std::int64_t peak = used.empty() ? 0 : *std::max_element(used.begin(), used.end());
      const std::int64_t idle = phase.buffered_bytes[a] - pinned_here;
      ASSERT_GE(idle, 0);
      ASSERT_LE(phase.buffered_bytes[a], system.accelerators[a].weight_budget_bytes);
      ASSERT_LE(peak + idle, system.accelerators[a].dram_bytes);
      pinned += pinned_here;
      there += phase.buffered_bytes[a];
    }
    ASSERT_EQ(phase.weights.loaded_bytes, loaded);
    ASSERT_EQ(phase.weights.reused_bytes, pinned - loaded);
    ASSERT_EQ(phase.weights.idle_bytes, there - pinned);
    const bool found_there = i == 0 && !run.options.cold;
    ASSERT_EQ(there, (found_there ? pinned : before + loaded) - phase.weights.evicted_bytes);
    before = there;
    evicted = evicted || phase.weights.evicted_bytes > 0;
  }
}

/// Under warm remapping, weights that lie somewhere are neither loaded nor left.
void check_warmth(const ScenarioRun& run, Eviction eviction) {
  WeightStore store(static_cast<AcceleratorIndex>(run.phases[0].buffered_bytes.size()), eviction);
  for (const PhaseRun& phase : run.phases) {
    const Problem& problem = *phase.problem;
    const Mapping& mapping = phase.judgement->mapping;
    const std::vector<AcceleratorIndex> places = store.places(problem);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      if (places[layer] == Problem::kHost) continue;
      ASSERT_EQ(mapping.accelerator[layer], places[layer]);
      ASSERT_NE(mapping.pinned[layer], 0);
      ASSERT_EQ(phase.weights.loads[layer], 0);
    }
    store.adopt(problem, mapping);
    store.run(phase.frames);
  }
}

TEST(Scenario, WeightsFitAndAreNotLoadedAgain) {
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  Random random(20261123);
  std::size_t evictions = 0;
  std::size_t loads = 0;
  for (int i = 0; i < 200; ++i) {
    const auto* name = kMappers[draw(random, 0, std::ssize(kMappers) - 1)];
    SCOPED_TRACE(fmt::format("case {}, {}", i, name));
    const RandomScenario scenario(
        random, test::random_description(random, static_cast<int>(draw(random, 1, 4))), draw(random, 1, 8), 2,
        chance(random, 0.2) ? Activations::direct : Activations::host);
    SequenceOptions options;
    options.eviction = static_cast<Eviction>(draw(random, 0, 2));
    options.cold = chance(random, 0.4);
    options.find_rate = false;
    const Mapper mapper = make_mapper(name, registry);
    for (const Remap remap : {Remap::warm, Remap::cold, Remap::keep}) {
      SCOPED_TRACE(to_string(remap));
      options.remap = remap;
      const ScenarioRun run = run_sequence(scenario.sequence, mapper, context, analytic_judge(), options);
      check_weights(run, *scenario.sequence.system);
      if (HasFatalFailure()) return;
      if (remap == Remap::warm) check_warmth(run, options.eviction);
      if (HasFatalFailure()) return;
      ASSERT_GE(run.lost_s(), 0) << "without contention weights to load make nothing faster";
      ASSERT_TRUE(run.loaded_bytes() > 0 || run.lost_s() == 0);
      for (const PhaseRun& phase : run.phases) {
        evictions += phase.weights.evicted_bytes > 0 ? 1 : 0;
        loads += phase.weights.loaded_bytes > 0 ? 1 : 0;
        ASSERT_GE(phase.latencies.max_s, phase.judgement->latency_s * (1 - 1e-9));
      }
    }
  }
  EXPECT_GT(evictions, 30U);
  EXPECT_GT(loads, 300U);
}

/// One frame without events, against the plain run.
void expect_same(const ScenarioRun& run, const Judgement& plain, const Problem& problem) {
  ASSERT_EQ(run.latencies_s, std::vector<double>{plain.latency_s});
  ASSERT_EQ(run.latencies.p99_s, plain.latency_s);
  ASSERT_EQ(run.end_s, plain.latency_s);
  ASSERT_EQ(run.energy.compute_J, plain.energy.compute_J);
  ASSERT_EQ(run.energy.transfer_J, plain.energy.transfer_J);
  ASSERT_EQ(run.energy.idle_J, plain.energy.idle_J);
  ASSERT_EQ(run.energy.network_J, plain.energy.network_J);
  ASSERT_EQ(run.energy_per_frame_J(), plain.energy.paper_J());
  const auto accelerators = accelerator_use(problem, plain.mapping, plain.schedule);
  for (std::size_t a = 0; a < accelerators.size(); ++a) {
    ASSERT_EQ(run.accelerators[a].compute_s, accelerators[a].compute_s);
    ASSERT_EQ(run.accelerators[a].transfer_s, accelerators[a].transfer_s);
    ASSERT_EQ(run.accelerators[a].idle_s, accelerators[a].idle_s);
    ASSERT_EQ(run.accelerators[a].dram_peak_bytes, accelerators[a].dram_peak_bytes);
  }
  const auto links = link_use(problem, plain.mapping, plain.schedule);
  for (std::size_t i = 0; i < links.size(); ++i) {
    ASSERT_EQ(run.links[i].bytes, links[i].bytes);
    ASSERT_EQ(run.links[i].busy_s, links[i].busy_s);
  }
}

TEST(Scenario, OneFrameWithoutEventsIsThePlainRunToTheLastBit) {
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  Random random(11);
  const test::TemporaryFolder folder;
  for (int p = 0; p < 6; ++p) {
    Simulator simulator(folder.write(
        "p.xml",
        test::random_platform_xml(random, static_cast<int>(draw(random, 1, 4)), chance(random, 0.5))));
    for (int i = 0; i < 10; ++i) {
      SCOPED_TRACE(fmt::format("platform {}, case {}", p, i));
      const RandomScenario one(random, simulator.platform(), 1, 1, Activations::host);
      const bool replayed = chance(random, 0.6);
      SequenceJudge judge = replayed ? replay_judge(simulator) : analytic_judge();
      SequenceOptions options;
      options.cold = judge.judging.cold = chance(random, 0.5);
      const Mapper mapper = make_mapper(kMappers[draw(random, 0, std::ssize(kMappers) - 1)], registry);
      const ScenarioRun run = run_sequence(one.sequence, mapper, context, judge, options);
      const Problem& problem = *run.phases[0].problem;
      const h2h::Run plain = run_mapper(problem, mapper, Mapping::none(problem), context, judge.judging);
      expect_same(run, plain.result(), problem);
      if (HasFatalFailure()) return;
      ASSERT_EQ(run.phases[0].judgement->mapping, plain.result().mapping);
      if (options.cold) {
        ASSERT_EQ(run.loaded_bytes(), setup_of(problem, plain.result().mapping).bytes);
        ASSERT_GE(run.latencies.max_s, run.phases[0].judgement->latency_s * (1 - 1e-9));
      }
    }
  }
}

TEST(Scenario, BothEvaluatorsAgreeWhereNothingContends) {
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  Random random(12);
  const test::TemporaryFolder folder;
  for (int p = 0; p < 5; ++p) {
    Simulator simulator(
        folder.write("p.xml", test::random_uncontended_xml(random, static_cast<int>(draw(random, 1, 4)))));
    for (int i = 0; i < 6; ++i) {
      SCOPED_TRACE(fmt::format("platform {}, case {}", p, i));
      const RandomScenario scenario(random, simulator.platform(), 4, 3, Activations::host);
      SequenceOptions options;
      options.cold = chance(random, 0.5);
      options.remap = static_cast<Remap>(draw(random, 0, 2));
      const Mapper mapper = make_mapper("h2h", registry);
      const ScenarioRun analytic =
          run_sequence(scenario.sequence, mapper, context, analytic_judge(), options);
      const ScenarioRun replayed =
          run_sequence(scenario.sequence, mapper, context, replay_judge(simulator), options);
      for (std::size_t frame = 0; frame < analytic.latencies_s.size(); ++frame)
        ASSERT_NEAR(replayed.latencies_s[frame], analytic.latencies_s[frame], 1e-9 * analytic.end_s);
      ASSERT_NEAR(replayed.energy.total_J(), analytic.energy.total_J(), 1e-9 * analytic.energy.total_J());
      ASSERT_NEAR(replayed.lost_s(), analytic.lost_s(), 1e-7 * analytic.end_s);
      ASSERT_NEAR(*replayed.sustainable_period_s(), *analytic.sustainable_period_s(),
                  2e-3 * *analytic.sustainable_period_s());
    }
  }
}

}  // namespace
}  // namespace h2h
