// SPDX-License-Identifier: Apache-2.0
//
// The two evaluators and the checker on random problems.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/bounds.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/schedule/incremental.hpp>
#include <h2h/simulation/replay.hpp>

#include "support/random.hpp"
#include "support/temporary.hpp"

namespace h2h {
namespace {

using test::Random;

std::string all_messages(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) text += violation.message + "\n";
  return text;
}

TEST(Analytic, ScheduleIsValidAndAgreesWithTheLatencyToTheLastBit) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))), i % 2 == 0);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    const Mapping mapping = test::random_mapping(random, problem);
    ASSERT_EQ(all_messages(check_mapping(problem, mapping)), "") << "case " << i;
    const Schedule schedule = analytic_schedule(problem, mapping);
    ASSERT_EQ(schedule.latency_s(), analytic_latency_s(problem, mapping)) << "case " << i;
    ASSERT_EQ(
        all_messages(check_schedule(problem, mapping, schedule, schedule.latency_s(), Contention::none)), "")
        << "case " << i;
    const CriticalChain chain = critical_chain(problem, mapping, schedule);
    ASSERT_NEAR(chain.total_s(), schedule.latency_s(), 1e-12 * schedule.latency_s()) << "case " << i;
    ASSERT_NEAR(chain.waiting_s, 0, 1e-12 * schedule.latency_s()) << "case " << i;
    ASSERT_LE(best_bound(problem).latency_s, schedule.latency_s() * (1 + 1e-12)) << "case " << i;
  }
}

TEST(Replay, EqualsAnalyticWhereNoSharedLinkIsSaturated) {
  Random random(2);
  for (int platform = 0; platform < 60; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(
        folder.write("p.xml", test::random_platform_xml(random, static_cast<int>(test::draw(random, 1, 8)))));
    for (int i = 0; i < 40; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform(), i % 2 == 0);
      const Problem problem(workload, system);
      const Mapping mapping = test::random_mapping(random, problem);
      const Schedule analytic = analytic_schedule(problem, mapping);
      const Schedule replayed = replay(problem, mapping, simulator);
      const double tolerance_s = 1e-9 * analytic.latency_s();
      ASSERT_NEAR(replayed.latency_s(), analytic.latency_s(), tolerance_s)
          << "platform " << platform << " case " << i;
      for (std::size_t a = 0; a < analytic.activities().size(); ++a) {
        ASSERT_NEAR(replayed.activities()[a].start_s, analytic.activities()[a].start_s, tolerance_s);
        ASSERT_NEAR(replayed.activities()[a].end_s, analytic.activities()[a].end_s, tolerance_s);
      }
      ASSERT_EQ(
          all_messages(check_schedule(problem, mapping, replayed, replayed.latency_s(), Contention::none)),
          "");
    }
  }
}

TEST(Replay, IsNeverFasterThanAnalyticAndAlwaysValidUnderContention) {
  Random random(3);
  int slower = 0;
  for (int platform = 0; platform < 40; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(folder.write(
        "p.xml", test::random_platform_xml(random, static_cast<int>(test::draw(random, 2, 8)), true)));
    for (int i = 0; i < 40; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform());
      const Problem problem(workload, system);
      const Mapping mapping = test::random_mapping(random, problem);
      const double analytic_s = analytic_latency_s(problem, mapping);
      const Schedule replayed = replay(problem, mapping, simulator);
      ASSERT_GE(replayed.latency_s(), analytic_s * (1 - 1e-9)) << "platform " << platform << " case " << i;
      ASSERT_EQ(all_messages(
                    check_schedule(problem, mapping, replayed, replayed.latency_s(), Contention::possible)),
                "")
          << "platform " << platform << " case " << i;
      const CriticalChain chain = critical_chain(problem, mapping, replayed);
      ASSERT_NEAR(chain.total_s(), replayed.latency_s(), 1e-9 * replayed.latency_s());
      slower += replayed.latency_s() > analytic_s * (1 + 1e-6) ? 1 : 0;
    }
  }
  EXPECT_GT(slower, 100) << "the platforms are meant to contend";
}

TEST(Replay, IsNeverFasterThanTheBoundsOfSharedLinks) {
  // Ports so slow that transfers take longer than computations, and a host port for little more than one.
  std::string xml =
      "<?xml version=\"1.0\"?><!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">"
      "<platform version=\"4.1\"><zone id=\"slow\" routing=\"Cluster\">"
      "<host id=\"host\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>"
      "<link id=\"lh\" bandwidth=\"12kBps\" latency=\"0us\" sharing_policy=\"SPLITDUPLEX\"/>"
      "<host_link id=\"host\" up=\"lh_UP\" down=\"lh_DOWN\"/>";
  for (int i = 0; i < 4; ++i) {
    xml += fmt::format(
        "<host id=\"f{0}\" speed=\"1Gf\"><prop id=\"accelerator\" value=\"a{0}\"/></host>"
        "<link id=\"l{0}\" bandwidth=\"10kBps\" latency=\"25us\" sharing_policy=\"SPLITDUPLEX\"/>"
        "<host_link id=\"f{0}\" up=\"l{0}_UP\" down=\"l{0}_DOWN\"/>",
        i);
  }
  const test::TemporaryFolder folder;
  Simulator simulator(folder.write("p.xml", xml + "<router id=\"s\"/></zone></platform>"));
  Random random(5);
  int by_network = 0;
  for (int i = 0; i < 60; ++i) {
    const Workload workload = test::random_workload(random, {2, 12, 0.1, 2, 40});
    const System system = test::random_system(random, simulator.platform(), i % 2 == 0);
    const Problem problem(workload, system);
    const Bound bound = best_bound(problem, Contention::possible);
    const Bound network = network_bound(problem);
    by_network += bound.kind.ends_with("network") ? 1 : 0;
    for (int k = 0; k < 20; ++k) {
      const double latency_s = replay(problem, test::random_mapping(random, problem), simulator).latency_s();
      ASSERT_LE(bound.latency_s, latency_s * (1 + 1e-9)) << bound.kind << ", case " << i;
      ASSERT_LE(network.latency_s, latency_s * (1 + 1e-9)) << "case " << i;
    }
  }
  EXPECT_GT(by_network, 2) << "the links are meant to bind";
}

TEST(Replay, SameMappingGivesTheSameBits) {
  Random random(4);
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", test::random_platform_xml(random, 5, true));
  Simulator first(file);
  Simulator second(file);
  const Workload workload = test::random_workload(random, {25, 30});
  const System system = test::random_system(random, first.platform());
  const Problem problem(workload, system);
  const Mapping mapping = test::random_mapping(random, problem);
  const Schedule once = replay(problem, mapping, first);
  replay(problem, test::random_mapping(random, problem), first);
  for (Simulator* simulator : {&first, &second}) {
    const Schedule again = replay(problem, mapping, *simulator);
    for (std::size_t a = 0; a < once.activities().size(); ++a) {
      ASSERT_EQ(again.activities()[a].start_s, once.activities()[a].start_s);
      ASSERT_EQ(again.activities()[a].end_s, once.activities()[a].end_s);
    }
  }
}

TEST(Replay, WorkersAgreeWithFreshReplaysWithinTheMargin) {
  Random random(5);
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", test::random_platform_xml(random, 6, true));
  Simulator simulator(file);
  ReplayEvaluator evaluator(file, {}, 2);
  const Workload workload = test::random_workload(random, {25, 30});
  const System system = test::random_system(random, simulator.platform());
  const Problem problem(workload, system);
  std::vector<Mapping> mappings;
  for (int i = 0; i < 101; ++i) mappings.push_back(test::random_mapping(random, problem));
  const std::vector<double> judged_s = evaluator.latencies_s(problem, mappings);
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const double fresh_s = replay(problem, mappings[i], simulator).latency_s();
    ASSERT_NEAR(judged_s[i], fresh_s, kDecisionMargin * fresh_s);
  }
}

/// One random change of a schedule; false if it was refused.
bool change_at_random(Random& random, const Problem& problem, IncrementalSchedule& state) {
  const auto layer = static_cast<LayerIndex>(test::draw(random, 0, problem.layers() - 1));
  switch (test::draw(random, 0, 3)) {
    case 0:
      state.set_pinned(layer, test::chance(random, 0.5));
      return true;
    case 1: {
      const auto tensor = static_cast<TensorIndex>(test::draw(random, 0, problem.tensors() - 1));
      if (!problem.tensor(tensor).is_network_input()) state.set_fused(tensor, test::chance(random, 0.5));
      return true;
    }
    default: {
      const auto candidates = problem.candidates(layer);
      const AcceleratorIndex to = candidates[static_cast<std::size_t>(
          test::draw(random, 0, static_cast<std::int64_t>(candidates.size()) - 1))];
      // Behind any layer of the target, or to its front.
      std::vector<LayerIndex> places = {IncrementalSchedule::kNone};
      for (LayerIndex other = state.first(to); other != IncrementalSchedule::kNone;
           other = state.after(other)) {
        if (other != layer) places.push_back(other);
      }
      return state.move(layer, to,
                        places[static_cast<std::size_t>(
                            test::draw(random, 0, static_cast<std::int64_t>(places.size()) - 1))]);
    }
  }
}

TEST(Incremental, EqualsFromScratchBitForBitThroughChangesAndRollbacks) {
  Random random(6);
  int refused = 0;
  int moved = 0;
  for (int i = 0; i < 1500; ++i) {
    const Workload workload = test::random_workload(random, {1, 80});
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))));
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    IncrementalSchedule state(problem, test::random_mapping(random, problem));
    Mapping committed = state.mapping();
    for (int attempt = 0; attempt < 20; ++attempt) {
      bool valid = true;
      const std::int64_t changes = test::draw(random, 1, 4);
      for (std::int64_t c = 0; c < changes && valid; ++c) {
        valid = change_at_random(random, problem, state);
        // Judging between the changes of an attempt must not matter.
        if (valid && test::chance(random, 0.3)) state.latency_s();
      }
      const Mapping now = state.mapping();
      const bool contradicts = execution_sequence(problem, now).size() != problem.layers();
      ASSERT_EQ(valid, !contradicts) << "case " << i;
      if (!valid) {
        ++refused;
        state.rollback();
      } else {
        ++moved;
        ASSERT_EQ(state.latency_s(), analytic_latency_s(problem, now)) << "case " << i;
        if (test::chance(random, 0.5)) {
          state.commit();
          committed = now;
        } else {
          state.rollback();
        }
      }
      ASSERT_EQ(state.mapping(), committed) << "case " << i;
      ASSERT_EQ(state.latency_s(), analytic_latency_s(problem, committed)) << "case " << i;
      state.commit();
    }
  }
  EXPECT_GT(refused, 500) << "the moves are meant to contradict dependencies now and then";
  EXPECT_GT(moved, 5000);
}

}  // namespace
}  // namespace h2h
