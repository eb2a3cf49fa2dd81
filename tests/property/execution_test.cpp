// SPDX-License-Identifier: Apache-2.0
//
// Direct activations and overlapped execution on random problems, replayed.

#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/bounds.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/schedule/energy.hpp>
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

SimulatorOptions with_peers() {
  SimulatorOptions options;
  options.peer_routes = true;
  return options;
}

/// What holds of any schedule: the checker finds nothing, the chain explains the latency, and nobody is
/// busier than the run is long.
void expect_sound(const Problem& problem, const Mapping& mapping, const Schedule& schedule,
                  Contention contention) {
  const double latency_s = schedule.latency_s();
  ASSERT_EQ(all_messages(check_schedule(problem, mapping, schedule, latency_s, contention)), "");
  ASSERT_NEAR(critical_chain(problem, mapping, schedule).total_s(), latency_s, 1e-9 * latency_s);
  for (const AcceleratorUse& use : accelerator_use(problem, mapping, schedule))
    ASSERT_LE(use.busy_s(), latency_s * (1 + 1e-9));
  ASSERT_LE(best_bound(problem, contention, schedule.execution()).latency_s, latency_s * (1 + 1e-9));
}

TEST(DirectReplay, EqualsAnalyticWhereNothingContends) {
  Random random(81);
  for (int platform = 0; platform < 40; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(folder.write("p.xml", test::random_uncontended_xml(
                                                  random, static_cast<int>(test::draw(random, 1, 8)))),
                        with_peers());
    for (int i = 0; i < 40; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform(), i % 2 == 0);
      const Problem problem(workload, system, Activations::direct);
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
      expect_sound(problem, mapping, replayed, Contention::none);
    }
  }
}

TEST(DirectReplay, IsNeverFasterThanAnalyticAndAlwaysValidUnderContention) {
  Random random(82);
  int slower = 0;
  for (int platform = 0; platform < 30; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(folder.write("p.xml", test::random_platform_xml(
                                                  random, static_cast<int>(test::draw(random, 2, 8)), true)),
                        with_peers());
    for (int i = 0; i < 30; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform());
      const Problem problem(workload, system, Activations::direct);
      const Mapping mapping = test::random_mapping(random, problem);
      const double analytic_s = analytic_latency_s(problem, mapping);
      const Schedule replayed = replay(problem, mapping, simulator);
      ASSERT_GE(replayed.latency_s(), analytic_s * (1 - 1e-9)) << "platform " << platform << " case " << i;
      expect_sound(problem, mapping, replayed, Contention::possible);
      slower += replayed.latency_s() > analytic_s * (1 + 1e-6) ? 1 : 0;
    }
  }
  EXPECT_GT(slower, 50) << "the platforms are meant to contend";
}

// Whatever overlapped execution waits for, serial execution waits for too: every activity starts no later.
TEST(Overlap, IsNeverSlowerThanSerialWhereNothingContends) {
  Random random(83);
  int faster = 0;
  for (int platform = 0; platform < 40; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(folder.write("p.xml", test::random_uncontended_xml(
                                                  random, static_cast<int>(test::draw(random, 1, 8)))),
                        with_peers());
    for (int i = 0; i < 40; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform(), i % 2 == 0);
      const Problem problem(workload, system, i % 4 < 2 ? Activations::host : Activations::direct);
      const Mapping mapping = test::random_mapping(random, problem);
      const Schedule serial = analytic_schedule(problem, mapping);
      const Schedule overlapped = replay(problem, mapping, simulator, Execution::overlap);
      for (std::size_t a = 0; a < serial.activities().size(); ++a) {
        ASSERT_LE(overlapped.activities()[a].end_s, serial.activities()[a].end_s + 1e-9 * serial.latency_s())
            << "platform " << platform << " case " << i;
      }
      faster += overlapped.latency_s() < serial.latency_s() * (1 - 1e-6) ? 1 : 0;
      expect_sound(problem, mapping, overlapped, Contention::none);
    }
  }
  EXPECT_GT(faster, 1000) << "most have something to hide";
}

TEST(Overlap, IsValidUnderContention) {
  Random random(84);
  for (int platform = 0; platform < 30; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(folder.write("p.xml", test::random_platform_xml(
                                                  random, static_cast<int>(test::draw(random, 1, 8)), true)),
                        with_peers());
    for (int i = 0; i < 30; ++i) {
      const Workload workload = test::random_workload(random);
      const System system = test::random_system(random, simulator.platform(), i % 2 == 0);
      const Problem problem(workload, system, i % 4 < 2 ? Activations::host : Activations::direct);
      const Mapping mapping = test::random_mapping(random, problem);
      expect_sound(problem, mapping, replay(problem, mapping, simulator, Execution::overlap),
                   Contention::possible);
    }
  }
}

}  // namespace
}  // namespace h2h
