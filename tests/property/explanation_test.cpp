// SPDX-License-Identifier: Apache-2.0
//
// Critical paths and upgrades on random problems, against definitions that are put down again here.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/run/explanation.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/simulation/replay.hpp>

#include "support/random.hpp"
#include "support/temporary.hpp"

namespace h2h {
namespace {

using test::Random;

/// Seconds during which some layer of the path stands ready: the union of all such times.
double standing_ready_s(const Problem& problem, const Mapping& mapping, const Schedule& schedule,
                        const CriticalPath& path) {
  std::vector<std::pair<double, double>> waits;
  for (const Stretch& stretch : path.stretches) {
    if (stretch.after != Stretch::After::accelerator) continue;
    const LayerIndex layer = stretch.activity.layer;
    double ready_s = 0;
    for (const TensorIndex tensor : problem.inputs(layer)) {
      if (problem.tensor(tensor).is_network_input()) continue;
      const LayerIndex producer = problem.tensor(tensor).producer;
      ready_s = std::max(ready_s, mapping.fused[tensor] != 0
                                      ? schedule.activities()[schedule.computation(producer)].end_s
                                      : schedule.end_s(producer));
    }
    waits.emplace_back(ready_s, schedule.start_s(layer));
  }
  std::sort(waits.begin(), waits.end());
  double total_s = 0;
  double reached_s = 0;
  for (const auto& [from_s, to_s] : waits) {
    total_s += std::max(0.0, to_s - std::max(from_s, reached_s));
    reached_s = std::max(reached_s, to_s);
  }
  return total_s;
}

void expect_sound(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  const CriticalPath path = critical_path(problem, mapping, schedule);
  const double latency_s = schedule.latency_s();
  const double tolerance_s = 1e-12 * latency_s;
  double at_s = 0;
  double queued_s = 0;
  for (const Stretch& stretch : path.stretches) {
    ASSERT_NEAR(stretch.activity.start_s, at_s, tolerance_s) << "no gaps";
    ASSERT_LE(stretch.queued_s, stretch.seconds() + tolerance_s);
    ASSERT_GE(stretch.contention_s(), 0);
    ASSERT_EQ(stretch.link == Stretch::kNoLink, stretch.activity.stage == Stage::compute);
    at_s = stretch.activity.end_s;
    queued_s += stretch.queued_s;
  }
  ASSERT_NEAR(at_s, latency_s, tolerance_s);
  ASSERT_NEAR(path.parts.total_s(), latency_s, 1e-11 * latency_s);
  ASSERT_NEAR(path.queued_s(), queued_s, 1e-11 * latency_s);
  ASSERT_NEAR(path.queued_s(), standing_ready_s(problem, mapping, schedule, path), 1e-11 * latency_s);
  for (const double PathParts::*part : {&PathParts::compute_s, &PathParts::weights_s, &PathParts::inputs_s,
                                        &PathParts::outputs_s, &PathParts::contention_s})
    ASSERT_LE(path.queued.*part, path.parts.*part + tolerance_s);
  const CriticalChain chain = critical_chain(problem, mapping, schedule);
  ASSERT_EQ(chain.compute_s, path.parts.compute_s);
  ASSERT_EQ(chain.waiting_s, path.parts.contention_s);
}

TEST(CriticalPath, AddsUpAndIsQueuedWhileALayerStandsReady) {
  Random random(71);
  for (int i = 0; i < 1500; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))), i % 2 == 0);
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    SCOPED_TRACE(i);
    ASSERT_NO_FATAL_FAILURE(expect_sound(problem, mapping, analytic_schedule(problem, mapping)));
  }
}

TEST(CriticalPath, AddsUpUnderContention) {
  Random random(72);
  for (int platform = 0; platform < 15; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(folder.write(
        "p.xml", test::random_platform_xml(random, static_cast<int>(test::draw(random, 2, 8)), true)));
    for (int i = 0; i < 20; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform());
      const Problem problem(workload, system);
      const Mapping mapping = test::random_mapping(random, problem);
      SCOPED_TRACE(i);
      ASSERT_NO_FATAL_FAILURE(expect_sound(problem, mapping, replay(problem, mapping, simulator)));
    }
  }
}

TEST(CriticalPath, HasNoGapsUnderDirectActivationsAndOverlappedExecution) {
  Random random(75);
  for (int platform = 0; platform < 10; ++platform) {
    const test::TemporaryFolder folder;
    SimulatorOptions options;
    options.peer_routes = true;
    Simulator simulator(folder.write("p.xml", test::random_platform_xml(
                                                  random, static_cast<int>(test::draw(random, 2, 6)), true)),
                        options);
    for (int i = 0; i < 20; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform());
      const Problem problem(workload, system, i % 2 == 0 ? Activations::direct : Activations::host);
      const Mapping mapping = test::random_mapping(random, problem);
      const Schedule schedule =
          replay(problem, mapping, simulator, i % 4 < 2 ? Execution::overlap : Execution::serial);
      const CriticalPath path = critical_path(problem, mapping, schedule);
      double at_s = 0;
      for (const Stretch& stretch : path.stretches) {
        ASSERT_NEAR(stretch.activity.start_s, at_s, 1e-12 * schedule.latency_s());
        at_s = stretch.activity.end_s;
      }
      ASSERT_EQ(at_s, schedule.latency_s());
      ASSERT_NEAR(path.parts.total_s(), at_s, 1e-11 * at_s);
      ASSERT_LE(path.queued_s(), at_s * (1 + 1e-11));
    }
  }
}

/// A model that is so many times as fast as another.
class Faster : public AcceleratorModel {
 public:
  Faster(std::shared_ptr<const AcceleratorModel> model, double factor)
      : model_(std::move(model)), factor_(factor) {}

  bool runs(LayerType type) const override { return model_->runs(type); }
  std::optional<ComputeTime> time(const Layer& layer) const override {
    auto time = model_->time(layer);
    if (time) time->seconds /= factor_;
    return time;
  }

 private:
  std::shared_ptr<const AcceleratorModel> model_;
  double factor_;
};

/// The system with one part better, made anew.
System with(const System& system, const Upgrade& upgrade, double factor) {
  System changed = system;
  if (upgrade.kind == Upgrade::Kind::accelerator) {
    auto& model = changed.accelerators[upgrade.accelerator].type.model;
    model = std::make_shared<Faster>(model, factor);
  }
  for (const LinkIndex link : upgrade.links) changed.links[link].bandwidth_Bps *= factor;
  for (Accelerator& accelerator : changed.accelerators) {
    for (Route* route : {&accelerator.from_host, &accelerator.to_host}) {
      route->bandwidth_Bps = std::numeric_limits<double>::infinity();
      for (const LinkIndex link : route->links)
        route->bandwidth_Bps = std::min(route->bandwidth_Bps, changed.links[link].bandwidth_Bps);
    }
  }
  return changed;
}

bool is_on_path(const Problem& problem, const Mapping& mapping, const CriticalPath& path,
                const Upgrade& upgrade) {
  return std::any_of(path.stretches.begin(), path.stretches.end(), [&](const Stretch& stretch) {
    if (upgrade.kind == Upgrade::Kind::accelerator)
      return stretch.activity.stage == Stage::compute && stretch.accelerator == upgrade.accelerator;
    const auto route = links_of(problem, mapping, stretch.activity);
    return std::find_first_of(route.begin(), route.end(), upgrade.links.begin(), upgrade.links.end()) !=
           route.end();
  });
}

TEST(WhatIf, IsTheLatencyOfTheMappingOnTheSystemMadeAnew) {
  Random random(73);
  std::size_t helpful = 0;
  std::size_t more_memory = 0;
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random);
    const int fpgas = static_cast<int>(test::draw(random, 1, 5));
    const System system = test::random_system(random, test::random_description(random, fpgas), i % 2 == 0);
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    const Judgement judgement = judge(problem, mapping, {analytic_schedule});
    const CriticalPath path = critical_path(problem, mapping, judgement.schedule);
    const double factor = static_cast<double>(test::draw(random, 2, 5)) - 0.5;
    const WhatIf found = what_if(problem, judgement, path, {}, {factor});
    ASSERT_EQ(found.upgrades.size() + found.idle, 3U * static_cast<unsigned>(fpgas)) << "case " << i;
    for (const Upgrade& upgrade : found.upgrades) {
      SCOPED_TRACE(fmt::format("case {}: {} {}", i, to_string(upgrade.kind), upgrade.name));
      ASSERT_GE(upgrade.saving_s(), 0) << "without contention nothing that is faster harms";
      ASSERT_LE(upgrade.reference_s, judgement.latency_s * (1 + 1e-12));
      if (upgrade.kind == Upgrade::Kind::memory) {
        more_memory += upgrade.saving_s() > 0 ? 1 : 0;
        continue;
      }
      const System changed = with(system, upgrade, factor);
      const double expected_s = analytic_latency_s(Problem(workload, changed), mapping);
      ASSERT_NEAR(upgrade.latency_s, expected_s, 2e-9 * judgement.latency_s);
      if (!is_on_path(problem, mapping, path, upgrade)) {
        ASSERT_EQ(upgrade.saving_s(), 0) << "it is not on the critical path";
      }
      helpful += upgrade.saving_s() > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(helpful, 300U);
  EXPECT_GT(more_memory, 20U);
}

TEST(WhatIf, ReplaysAgreeWithAnalysisWhereNoSharedLinkIsSaturated) {
  Random random(74);
  int ports = 0;  // that help as much by replay
  for (int platform = 0; platform < 8; ++platform) {
    const test::TemporaryFolder folder;
    const auto file =
        folder.write("p.xml", test::random_platform_xml(random, static_cast<int>(test::draw(random, 1, 5))));
    std::vector<Simulator> simulators;
    for (int i = 0; i < 3; ++i) simulators.emplace_back(file);
    for (int i = 0; i < 5; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulators.front().platform(), i % 2 == 0);
      const Problem problem(workload, system);
      const Judgement judgement =
          judge(problem, test::random_mapping(random, problem),
                {[&](const Problem& p, const Mapping& m) { return replay(p, m, simulators.front()); }, true});
      const CriticalPath path = critical_path(problem, judgement.mapping, judgement.schedule);
      const auto by_name = [](const WhatIf& what_if) {
        std::map<std::pair<Upgrade::Kind, std::string>, double> latencies_s;
        for (const Upgrade& upgrade : what_if.upgrades)
          latencies_s[{upgrade.kind, upgrade.name}] = upgrade.latency_s;
        return latencies_s;
      };
      const auto analytic = by_name(what_if(problem, judgement, path, {}));
      const auto replayed = by_name(what_if(problem, judgement, path, simulators));
      const auto by_one = by_name(what_if(problem, judgement, path, {simulators.data(), 1}));
      EXPECT_EQ(replayed, by_one) << "the number of simulators changes no bit";
      ASSERT_EQ(analytic.size(), replayed.size());
      for (const auto& [key, latency_s] : analytic) {
        const double tolerance_s = 2e-9 * judgement.latency_s;
        // A port that is twice as fast may fill the links that all share.
        if (key.first == Upgrade::Kind::link) {
          ASSERT_GE(replayed.at(key), latency_s - tolerance_s) << key.second;
          ports += std::abs(replayed.at(key) - latency_s) <= tolerance_s && latency_s < judgement.latency_s;
        } else {
          ASSERT_NEAR(replayed.at(key), latency_s, tolerance_s) << key.second;
        }
      }
    }
  }
  EXPECT_GT(ports, 20);
}

}  // namespace
}  // namespace h2h
