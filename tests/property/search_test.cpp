// SPDX-License-Identifier: Apache-2.0
//
// Plans and moves on random problems: whatever a search does, the plan stays valid, its value is what the
// analytic evaluator says of its mapping, and what is taken back leaves no trace.

#include <string>

#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/schedule/energy.hpp>
#include <h2h/search/annealing.hpp>

#include "support/random.hpp"

namespace h2h {
namespace {

using Scope = LocalityRules::Scope;

/// A random problem with a plan of it.
struct Case {
  Workload workload;
  System system;
  Problem problem;
  Plan plan;

  Case(test::Random& random, bool tight, Activations activations = Activations::host)
      : workload(test::random_workload(random)),
        system(test::random_system(
            random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))), tight)),
        problem(workload, system, activations),
        plan(plan_of(problem, test::random_mapping(random, problem))) {}
};

void expect_valid(const Problem& problem, const Mapping& mapping, int number) {
  for (const Violation& violation : check_mapping(problem, mapping)) {
    ADD_FAILURE() << "case " << number << ": " << violation.message;
  }
}

/// What the evaluators say of a plan.
struct Judged {
  double latency_s;
  double energy_J;
};

Judged judge(const Problem& problem, const Plan& plan, Scope scope) {
  const Mapping mapping = mapping_of(problem, plan, scope);
  const Schedule schedule = analytic_schedule(problem, mapping);
  return {schedule.latency_s(), energy_of(problem, mapping, schedule).paper_J()};
}

/// Asks for the value of a plan, which must be that of the evaluators: latencies to the last bit.
void expect_judged(PlanSchedule& schedule, Objective objective, Scope scope, const std::string& where) {
  const Judged expected = judge(schedule.problem(), schedule.plan(), scope);
  const double value = schedule.value();
  ASSERT_EQ(schedule.latency_s(), expected.latency_s) << where;
  if (!objective.needs_energy()) {
    ASSERT_EQ(value, expected.latency_s) << where;
    return;
  }
  ASSERT_NEAR(schedule.energy_J(), expected.energy_J, 1e-9 * expected.energy_J) << where;
  ASSERT_EQ(value, objective.value(schedule.latency_s(), schedule.energy_J())) << where;
}

TEST(PlanSchedule, IsTheAnalyticEvaluatorToTheLastBit) {
  test::Random random(11);
  int kept = 0;
  int undone = 0;
  for (int i = 0; i < 1200; ++i) {
    const Case one(random, i % 2 == 0, i % 3 == 2 ? Activations::direct : Activations::host);
    const Scope scope = i % 4 < 2 ? Scope::adjacent : Scope::resident;
    // Every third block of a case of each kind counts latency alone.
    const Objective objective = i / 12 % 3 == 0 ? kLatency : kEnergyDelayProduct;
    PlanSchedule schedule(one.problem, one.plan, objective, scope);
    Neighbourhood neighbourhood(one.problem, static_cast<std::uint64_t>(i));
    for (int move = 0; move < 60; ++move) {
      const std::string where = "case " + std::to_string(i) + " move " + std::to_string(move);
      const Plan before = schedule.plan();
      const double value_before = schedule.value();
      const bool changed = neighbourhood.disturb(schedule);
      ASSERT_TRUE(changed || schedule.plan() == before) << where;
      ASSERT_NO_FATAL_FAILURE(expect_judged(schedule, objective, scope, where));
      if (test::chance(random, 0.5)) {
        schedule.commit();
        neighbourhood.accepted();
        ++kept;
        ASSERT_NO_FATAL_FAILURE(expect_judged(schedule, objective, scope, where + ", kept"));
      } else {
        schedule.rollback();
        ++undone;
        ASSERT_EQ(schedule.plan(), before) << where;
        ASSERT_EQ(schedule.value(), value_before) << where;
        ASSERT_NO_FATAL_FAILURE(expect_judged(schedule, objective, scope, where + ", undone"));
      }
    }
    expect_valid(one.problem, mapping_of(one.problem, schedule.plan(), scope), i);
  }
  EXPECT_GT(kept, 1000);
  EXPECT_GT(undone, 1000);
}

TEST(PlanSchedule, EnergyIsThatOfTheSchedule) {
  test::Random random(13);
  for (int i = 0; i < 200; ++i) {
    const Case one(random, i % 2 == 0, i % 3 == 2 ? Activations::direct : Activations::host);
    for (const Scope scope : {Scope::adjacent, Scope::resident}) {
      PlanSchedule schedule(one.problem, one.plan, kEnergy, scope);
      PlanSchedule product(one.problem, one.plan, kEnergyDelayProduct, scope);
      const Mapping mapping = mapping_of(one.problem, schedule.plan(), scope);
      const Schedule analytic = analytic_schedule(one.problem, mapping);
      const double energy_J = energy_of(one.problem, mapping, analytic).paper_J();
      ASSERT_NEAR(schedule.value(), energy_J, 1e-9 * energy_J) << "case " << i;
      ASSERT_NEAR(product.value(), energy_J * analytic.latency_s(), 1e-9 * product.value()) << "case " << i;
    }
  }
}

TEST(PlanSchedule, ALimitCutsOffExactlyWhatDoesNotStayBelowIt) {
  test::Random random(14);
  for (int i = 0; i < 500; ++i) {
    const Case one(random, i % 2 == 0, i % 3 == 2 ? Activations::direct : Activations::host);
    PlanSchedule schedule(one.problem, one.plan, kLatency, Scope::adjacent);
    Neighbourhood neighbourhood(one.problem, static_cast<std::uint64_t>(i));
    const double latency_s = schedule.value();
    schedule.rollback();
    for (const double factor : {0.1, 0.9, 1.0}) {
      ASSERT_EQ(schedule.value(latency_s * factor), std::numeric_limits<double>::infinity()) << "case " << i;
      schedule.rollback();
    }
    ASSERT_EQ(schedule.value(latency_s * (1 + 1e-9)), latency_s) << "case " << i;
    schedule.rollback();
    // A walk that was cut off leaves no trace either.
    for (int move = 0; move < 20; ++move) {
      neighbourhood.disturb(schedule);
      schedule.value(latency_s * 0.7);
      schedule.rollback();
    }
    ASSERT_EQ(schedule.value(), latency_s) << "case " << i;
  }
}

TEST(Annealing, NeverEndsWorseAndDependsOnTheSeedAlone) {
  test::Random random(15);
  int better = 0;
  for (int i = 0; i < 100; ++i) {
    const Case one(random, i % 2 == 0, i % 3 == 2 ? Activations::direct : Activations::host);
    std::vector<AnnealingResult> results;
    double before = 0;
    for (int again = 0; again < 2; ++again) {
      PlanSchedule schedule(one.problem, one.plan, kLatency, Scope::adjacent);
      before = schedule.value();
      Neighbourhood neighbourhood(one.problem, 5);
      Progress progress(SearchLimit{500, 0});
      results.push_back(anneal(schedule, neighbourhood, {}, progress));
      EXPECT_EQ(progress.evaluations(), 500U);
    }
    ASSERT_LE(results[0].value, before);
    better += results[0].value < before ? 1 : 0;
    ASSERT_EQ(results[0].plan, results[1].plan) << "case " << i;
    const Mapping mapping = mapping_of(one.problem, results[0].plan, Scope::adjacent);
    ASSERT_EQ(analytic_latency_s(one.problem, mapping), results[0].value) << "case " << i;
    expect_valid(one.problem, mapping, i);
  }
  EXPECT_GT(better, 90) << "random mappings are easily improved";
}

}  // namespace
}  // namespace h2h
