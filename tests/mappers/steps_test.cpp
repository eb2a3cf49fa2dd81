// SPDX-License-Identifier: Apache-2.0
//
// The four steps against brute force and against their own promises.

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/base/error.hpp>
#include <h2h/mapper/chain.hpp>
#include <h2h/mapping/locality.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/run/run.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/simulation/replay.hpp>

#include "support/random.hpp"
#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::Random;

StepResult run_step(const Problem& problem, const std::string& text, const Mapping& mapping,
                    Evaluator& evaluator) {
  const Registry registry = builtin_registry();
  StepContext context{evaluator};
  StepResult result{mapping};
  for (const Mapper::Step& step : make_mapper(text, registry).steps)
    result = step.step->run(problem, result.mapping, context);
  return result;
}

StepResult run_step(const Problem& problem, const std::string& text, const Mapping& mapping) {
  AnalyticEvaluator evaluator;
  return run_step(problem, text, mapping, evaluator);
}

/// Step 1 by enumerating every assignment of every group.
class BruteForce {
 public:
  explicit BruteForce(const Problem& problem)
      : problem_(problem),
        mapping_(Mapping::none(problem)),
        free_s_(problem.accelerators()),
        end_s_(problem.layers()) {}

  Mapping run() {
    for (std::vector<LayerIndex> group = ready(); !group.empty(); group = ready()) {
      std::stable_sort(group.begin(), group.end(),
                       [&](LayerIndex a, LayerIndex b) { return ready_s(a) < ready_s(b); });
      best_latency_s_ = best_sum_s_ = std::numeric_limits<double>::infinity();
      // First the smallest value, then the first assignment in catalogue order that has it up to rounding.
      first_pass_ = true;
      enumerate(group, 0, {});
      first_pass_ = false;
      found_ = false;
      enumerate(group, 0, {});
      for (std::size_t i = 0; i < group.size(); ++i) place(group[i], best_[i]);
    }
    return mapping_;
  }

 private:
  double ready_s(LayerIndex layer) const {
    double ready = 0;
    for (const TensorIndex t : problem_.inputs(layer)) {
      if (!problem_.tensor(t).is_network_input())
        ready = std::max(ready, end_s_[problem_.tensor(t).producer]);
    }
    return ready;
  }

  std::vector<LayerIndex> ready() const {
    std::vector<LayerIndex> group;
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (mapping_.accelerator[layer] != Mapping::kUnmapped) continue;
      const auto inputs = problem_.inputs(layer);
      if (std::all_of(inputs.begin(), inputs.end(), [&](TensorIndex t) {
            return problem_.tensor(t).is_network_input() ||
                   mapping_.accelerator[problem_.tensor(t).producer] != Mapping::kUnmapped;
          })) {
        group.push_back(layer);
      }
    }
    return group;
  }

  void place(LayerIndex layer, AcceleratorIndex a) {
    end_s_[layer] = free_s_[a] = std::max(free_s_[a], ready_s(layer)) + problem_.zero_locality_s(layer, a);
    latency_s_ = std::max(latency_s_, end_s_[layer]);
    mapping_.append(layer, a);
  }

  void enumerate(const std::vector<LayerIndex>& group, std::size_t depth,
                 std::vector<AcceleratorIndex> chosen) {
    if (depth == group.size()) return judge(group, chosen);
    for (const AcceleratorIndex a : problem_.candidates(group[depth])) {
      chosen.push_back(a);
      enumerate(group, depth + 1, chosen);
      chosen.pop_back();
    }
  }

  void judge(const std::vector<LayerIndex>& group, const std::vector<AcceleratorIndex>& chosen) {
    std::vector<double> finish_s = free_s_;
    double latency_s = latency_s_;
    double sum_s = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      double& finish = finish_s[chosen[i]];
      finish = std::max(finish, ready_s(group[i])) + problem_.zero_locality_s(group[i], chosen[i]);
      latency_s = std::max(latency_s, finish);
      sum_s += finish;
    }
    if (first_pass_) {
      if (latency_s < best_latency_s_ || (latency_s == best_latency_s_ && sum_s < best_sum_s_)) {
        best_latency_s_ = latency_s;
        best_sum_s_ = sum_s;
      }
    } else if (!found_ && latency_s == best_latency_s_ && sum_s <= best_sum_s_ * (1 + 1e-12)) {
      found_ = true;
      best_ = chosen;
    }
  }

  const Problem& problem_;
  Mapping mapping_;
  std::vector<double> free_s_;
  std::vector<double> end_s_;
  double latency_s_ = 0;
  bool first_pass_ = true;
  bool found_ = false;
  double best_latency_s_ = 0;
  double best_sum_s_ = 0;
  std::vector<AcceleratorIndex> best_;
};

TEST(ComputationPrioritized, EqualsBruteForceOnSmallGroups) {
  Random random(1);
  for (int i = 0; i < 400; ++i) {
    const Workload workload = test::random_workload(random, {1, 9, 0.2, 2});
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 4))));
    const Problem problem(workload, system);
    const StepResult result = run_step(problem, "computation-prioritized", Mapping::none(problem));
    EXPECT_TRUE(result.exact);
    ASSERT_EQ(result.mapping.order, BruteForce(problem).run().order) << "case " << i;
  }
}

TEST(ComputationPrioritized, KeepsTheBestFoundAtTheLimitAndSaysSo) {
  Random random(2);
  WorkloadDescription description;
  description.name = "wide";
  for (int i = 0; i < 40; ++i) {
    description.layers.push_back({{fmt::format("l{}", i), "", FullyConnected{100 + i, 50}}});
  }
  const Workload workload(description);
  const System system = test::random_system(random, test::random_description(random, 6));
  const Problem problem(workload, system);
  const StepResult limited = run_step(problem, "computation-prioritized[nodes=100]", Mapping::none(problem));
  EXPECT_FALSE(limited.exact);
  EXPECT_NE(limited.note, "");
  EXPECT_TRUE(limited.mapping.is_complete());
  const StepResult longer =
      run_step(problem, "computation-prioritized[nodes=200000]", Mapping::none(problem));
  EXPECT_LE(analytic_latency_s(problem, longer.mapping), analytic_latency_s(problem, limited.mapping));
}

TEST(WeightLocality, KeepsTheMostBytesThatFit) {
  Random random(3);
  int tight = 0;
  for (int i = 0; i < 500; ++i) {
    const Workload workload = test::random_workload(random, {1, 14});
    const System system = test::random_system(random, test::random_description(random, 2), true);
    const Problem problem(workload, system);
    const Mapping mapping =
        run_step(problem, "computation-prioritized+weight-locality", Mapping::none(problem)).mapping;
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
      const auto& order = mapping.order[a];
      std::int64_t kept = 0;
      std::int64_t all = 0;
      for (const LayerIndex layer : order) {
        all += problem.cost(layer, a).weight_bytes;
        kept += mapping.pinned[layer] != 0 ? problem.cost(layer, a).weight_bytes : 0;
      }
      std::int64_t best = 0;
      for (std::uint32_t subset = 0; subset < (1U << order.size()); ++subset) {
        std::int64_t bytes = 0;
        for (std::size_t k = 0; k < order.size(); ++k)
          bytes += (subset >> k & 1U) != 0 ? problem.cost(order[k], a).weight_bytes : 0;
        if (bytes <= system.accelerators[a].weight_budget_bytes) best = std::max(best, bytes);
      }
      ASSERT_EQ(kept, best) << "case " << i;
      tight += kept < all ? 1 : 0;
    }
  }
  EXPECT_GT(tight, 50) << "the memories are meant to be too small now and then";
}

TEST(ActivationTransfer, AdjacentFusesEveryPairThatRunsBackToBackWhereMemoryAllows) {
  Random random(4);
  int fused = 0;
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(random, test::random_description(random, 2));
    const Problem problem(workload, system);
    const Mapping mapping =
        run_step(problem, "computation-prioritized+activation-transfer", Mapping::none(problem)).mapping;
    for (TensorIndex t = 0; t < problem.tensors(); ++t) {
      const Tensor& edge = problem.tensor(t);
      if (edge.is_network_input()) continue;
      const auto& order = mapping.order[mapping.accelerator[edge.producer]];
      const auto place = std::find(order.begin(), order.end(), edge.producer);
      const bool back_to_back = place + 1 != order.end() && *(place + 1) == edge.consumer;
      ASSERT_EQ(mapping.fused[t] != 0, back_to_back) << "case " << i;
      fused += mapping.fused[t];
    }
  }
  EXPECT_GT(fused, 100);
}

TEST(ActivationTransfer, ResidentFusesAtLeastWhatAdjacentDoes) {
  Random random(5);
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(random, test::random_description(random, 2));
    const Problem problem(workload, system);
    const Mapping base = run_step(problem, "computation-prioritized", Mapping::none(problem)).mapping;
    const double adjacent_s =
        analytic_latency_s(problem, run_step(problem, "activation-transfer", base).mapping);
    const Mapping resident = run_step(problem, "activation-transfer[scope=resident]", base).mapping;
    ASSERT_LE(analytic_latency_s(problem, resident), adjacent_s * (1 + 1e-12));
    ASSERT_TRUE(check_mapping(problem, resident).empty());
  }
}

TEST(H2H, NoStepIncreasesTheLatencyAndEveryMappingIsValid) {
  Random random(6);
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))), i % 2 == 0);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    for (const std::string& scope : std::vector<std::string>{"adjacent", "resident"}) {
      Mapping mapping = run_step(problem, "computation-prioritized", Mapping::none(problem)).mapping;
      double latency_s = analytic_latency_s(problem, mapping);
      for (const std::string& step :
           {std::string("weight-locality"), fmt::format("activation-transfer[scope={}]", scope),
            fmt::format("data-locality-remapping[scope={}]", scope)}) {
        mapping = run_step(problem, step, mapping).mapping;
        ASSERT_TRUE(check_mapping(problem, mapping).empty()) << "case " << i << " " << step;
        const double now_s = analytic_latency_s(problem, mapping);
        ASSERT_LE(now_s, latency_s * (1 + 1e-12)) << "case " << i << " " << step;
        latency_s = now_s;
      }
    }
  }
}

/// A mapping with one layer moved, steps 2 and 3 done anew everywhere: from scratch, unlike the search.
Mapping moved(const Problem& problem, Mapping mapping, LayerIndex layer, LayerIndex neighbour, bool behind) {
  auto& from = mapping.order[mapping.accelerator[layer]];
  from.erase(std::find(from.begin(), from.end(), layer));
  const AcceleratorIndex to = mapping.accelerator[neighbour];
  auto& order = mapping.order[to];
  order.insert(std::find(order.begin(), order.end(), neighbour) + (behind ? 1 : 0), layer);
  mapping.accelerator[layer] = to;
  if (execution_sequence(problem, mapping).size() != problem.layers()) return mapping;
  std::fill(mapping.fused.begin(), mapping.fused.end(), 0);
  return run_step(problem, "weight-locality+activation-transfer", mapping).mapping;
}

TEST(DataLocalityRemapping, StopsWhereNoSingleMoveHelps) {
  Random random(7);
  for (int i = 0; i < 60; ++i) {
    const Workload workload = test::random_workload(random, {5, 25});
    const System system = test::random_system(random, test::random_description(random, 4), i % 2 == 0);
    const Problem problem(workload, system);
    const Mapping mapping = run_step(problem, "h2h", Mapping::none(problem)).mapping;
    const double latency_s = analytic_latency_s(problem, mapping);
    const auto cannot_help = [&](LayerIndex layer, LayerIndex neighbour, bool behind) {
      const AcceleratorIndex to = mapping.accelerator[neighbour];
      if (to == mapping.accelerator[layer] || !problem.runs(layer, to)) return;
      const Mapping candidate = moved(problem, mapping, layer, neighbour, behind);
      if (execution_sequence(problem, candidate).size() != problem.layers()) return;
      ASSERT_GE(analytic_latency_s(problem, candidate), latency_s * (1 - 2 * kDecisionMargin))
          << "case " << i;
    };
    for (TensorIndex t = 0; t < problem.tensors(); ++t) {
      const Tensor& edge = problem.tensor(t);
      if (edge.is_network_input()) continue;
      cannot_help(edge.consumer, edge.producer, true);
      cannot_help(edge.producer, edge.consumer, false);
    }
  }
}

TEST(DataLocalityRemapping, PruningAndJobsChangeNoDecision) {
  Random random(8);
  int moves = 0;
  for (int i = 0; i < 12; ++i) {
    const test::TemporaryFolder folder;
    const auto file = folder.write("p.xml", test::random_platform_xml(random, 4, true));
    ReplayEvaluator one(file, {}, 1);
    ReplayEvaluator three(file, {}, 3);
    const Simulator simulator(file);
    const Workload workload = test::random_workload(random, {10, 25});
    const System system = test::random_system(random, simulator.platform());
    const Problem problem(workload, system);
    const Mapping start = run_step(problem, "computation-prioritized+weight-locality+activation-transfer",
                                   Mapping::none(problem))
                              .mapping;
    const StepResult pruned = run_step(problem, "data-locality-remapping", start, one);
    const StepResult full = run_step(problem, "data-locality-remapping[prune=off]", start, one);
    const StepResult parallel = run_step(problem, "data-locality-remapping", start, three);
    EXPECT_EQ(pruned.mapping, full.mapping) << "case " << i;
    EXPECT_EQ(pruned.mapping, parallel.mapping) << "case " << i;
    EXPECT_EQ(pruned.evaluations, full.evaluations) << "case " << i;
    EXPECT_EQ(pruned.evaluations, parallel.evaluations) << "case " << i;
    EXPECT_LE(one.latency_s(problem, pruned.mapping), one.latency_s(problem, start) * (1 + kDecisionMargin));
    moves += pruned.mapping == start ? 0 : 1;
  }
  EXPECT_GT(moves, 6) << "the search is meant to find something";
}

TEST(Steps, RefuseToImproveAMappingThatIsNotThere) {
  Random random(9);
  const Workload workload = test::random_workload(random);
  const System system = test::random_system(random, test::random_description(random, 2));
  const Problem problem(workload, system);
  for (const std::string& step :
       std::vector<std::string>{"weight-locality", "activation-transfer", "data-locality-remapping"}) {
    try {
      run_step(problem, step, Mapping::none(problem));
      ADD_FAILURE() << step;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_EQ(error.message(), "step '" + step + "' improves a mapping, and there is none yet");
      EXPECT_EQ(error.hint(),
                "put a step before it that maps every layer, such as computation-prioritized+" + step);
    }
  }
}

/// An evaluator that finds every mapping with a pin worse: what shared links can do.
class PinsAreBad : public Evaluator {
 public:
  std::string_view name() const override { return "contrary"; }
  bool is_analytic() const override { return false; }
  std::vector<double> latencies_s(const Problem& /*problem*/, std::span<const Mapping> mappings) override {
    std::vector<double> latencies;
    for (const Mapping& mapping : mappings) {
      const bool pins = std::find(mapping.pinned.begin(), mapping.pinned.end(), 1) != mapping.pinned.end();
      latencies.push_back(pins ? 2 : 1);
    }
    return latencies;
  }
};

TEST(Steps, KeepTheirInputWhereTheJudgeFindsTheirWorkWorseAndSaySo) {
  Random random(10);
  const Workload workload = test::random_workload(random, {20, 30});
  const System system = test::random_system(random, test::random_description(random, 2));
  const Problem problem(workload, system);
  const Mapping start = run_step(problem, "computation-prioritized", Mapping::none(problem)).mapping;
  PinsAreBad judge;
  const StepResult result = run_step(problem, "weight-locality", start, judge);
  EXPECT_EQ(result.mapping, start);
  EXPECT_EQ(result.note, "left out: by contrary it would take 2 s instead of 1 s");
}

/// Independent fully connected layers on a few accelerators.
struct Wide {
  Workload workload;
  System system;
  Problem problem;

  explicit Wide(int layers, int fpgas = 3)
      : workload([&] {
          WorkloadDescription description;
          description.name = "wide";
          for (int i = 0; i < layers; ++i) {
            LayerDescription& one = description.layers.emplace_back();
            one.layer = {fmt::format("c{}", i), "", FullyConnected{1 + i % 7, 1 + i % 5}};
          }
          return Workload(description);
        }()),
        system([&] {
          Random random(5);
          return test::random_system(random, test::random_description(random, fpgas));
        }()),
        problem(workload, system) {}
};

TEST(StepOne, AGroupOfAnySizeNeedsNoDeepStack) {
  const Wide wide(200000);
  const StepResult result =
      run_step(wide.problem, "computation-prioritized[nodes=1000]", Mapping::none(wide.problem));
  EXPECT_TRUE(result.mapping.is_complete());
  EXPECT_FALSE(result.exact);
}

TEST(StepOne, TheReleasedRuleIsLimitedInNodes) {
  // 30 over 8 subsets, each with 8^8 assignments.
  const Wide wide(30, 8);
  const StepResult limited =
      run_step(wide.problem, "computation-prioritized[rule=release,nodes=5000]", Mapping::none(wide.problem));
  EXPECT_FALSE(limited.exact);
  EXPECT_TRUE(limited.mapping.is_complete());
  EXPECT_NE(limited.note, "");
  EXPECT_LE(limited.evaluations, 5000U * 30);
  const StepResult least =
      run_step(wide.problem, "computation-prioritized[rule=release,nodes=1]", Mapping::none(wide.problem));
  EXPECT_TRUE(least.mapping.is_complete()) << "the first descent always ends";
  EXPECT_LE(analytic_latency_s(wide.problem, limited.mapping),
            analytic_latency_s(wide.problem, least.mapping));
}

TEST(Steps, NeverIncreaseTheAnalyticLatencyOfAnyMapping) {
  Random random(11);
  int kept = 0;
  for (int i = 0; i < 200; ++i) {
    const Workload workload = test::random_workload(random, {5, 25});
    const System system = test::random_system(random, test::random_description(random, 3), true);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    // Fusions of distant layers and pins at random, which the steps would decide otherwise.
    const Mapping start = test::random_mapping(random, problem);
    const double before_s = analytic_latency_s(problem, start);
    for (const char* step : {"weight-locality", "activation-transfer", "data-locality-remapping"}) {
      const StepResult result = run_step(problem, step, start);
      ASSERT_LE(analytic_latency_s(problem, result.mapping), before_s * (1 + kDecisionMargin)) << step;
      kept += result.note.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(kept, 10) << "some of what they would do is meant to be worse";
}

/// Pins every layer, whatever the DRAM.
class PinsAll : public MappingStep {
 public:
  explicit PinsAll(bool declared) : declared_(declared) {}
  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& /*context*/) const override {
    StepResult result{mapping};
    result.mapping.pinned.assign(problem.layers(), 1);
    return result;
  }
  bool may_exceed_dram() const override { return declared_; }

 private:
  bool declared_;
};

TEST(Steps, MayExceedTheDramOnlyWhereTheySayTheyMay) {
  Random random(12);
  const Workload workload = test::random_workload(random, {20, 30});
  const System system = test::random_system(random, test::random_description(random, 2), true);
  const Problem problem(workload, system);
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  const auto run_with = [&](bool declared) {
    Mapper mapper = make_mapper("computation-prioritized", registry);
    mapper.steps.push_back({"pins-all", std::make_shared<const PinsAll>(declared)});
    mapper.steps.push_back(make_mapper("weight-locality", registry).steps[0]);
    return run_mapper(problem, mapper, Mapping::none(problem), context, {analytic_schedule});
  };
  EXPECT_THAT(test::error_of([&] { run_with(false); }),
              testing::StartsWith("internal: a result breaks rule 'weights'"));
  const h2h::Run run = run_with(true);
  EXPECT_TRUE(run.steps[0].judgement.excesses.empty());
  EXPECT_FALSE(run.steps[1].judgement.excesses.empty());
  EXPECT_THAT(test::error_of([&] { refuse_invalid(problem, run.steps[1].judgement.mapping, "m.yaml"); }),
              testing::StartsWith("input: m.yaml: breaks rule 'weights'"));
  EXPECT_EQ(test::error_of([&] { refuse_invalid(problem, run.steps[0].judgement.mapping, "m.yaml"); }),
            "no error");
}

}  // namespace
}  // namespace h2h
