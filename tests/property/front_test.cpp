// SPDX-License-Identifier: Apache-2.0
//
// The front of latency and energy: against all plans of small random problems.

#include <algorithm>
#include <numeric>
#include <utility>

#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/energy.hpp>
#include <h2h/search/front.hpp>

#include "support/random.hpp"

namespace h2h {
namespace {

using Scope = LocalityRules::Scope;
using Costs = std::vector<std::pair<double, double>>;  // latency and energy

/// What nothing beats, by comparing each with each.
Costs unbeaten(const Costs& all) {
  Costs front;
  for (const auto& one : all) {
    const bool beaten = std::any_of(all.begin(), all.end(), [&](const auto& other) {
      return other != one && other.first <= one.first && other.second <= one.second;
    });
    if (!beaten && std::find(front.begin(), front.end(), one) == front.end()) front.push_back(one);
  }
  std::sort(front.begin(), front.end());
  return front;
}

Costs costs_of(const ParetoFront& front) {
  Costs costs;
  for (const FrontPoint& point : front.points()) costs.emplace_back(point.latency_s, point.energy_J);
  return costs;
}

TEST(ParetoFront, KeepsWhatNothingBeats) {
  test::Random random(21);
  for (int i = 0; i < 300; ++i) {
    ParetoFront front;
    Costs all;
    for (int point = 0; point < 40; ++point) {
      all.emplace_back(test::draw(random, 1, 15), test::draw(random, 1, 15));
      const auto [latency_s, energy_J] = all.back();
      if (front.wants(latency_s, energy_J)) front.add({latency_s, energy_J});
      ASSERT_EQ(costs_of(front), unbeaten(all)) << "case " << i << " point " << point;
    }
  }
}

struct Case {
  Workload workload;
  System system;
  Problem problem;
  Plan plan;

  Case(test::Random& random, int most_layers, int fpgas, Activations activations = Activations::host)
      : workload(test::random_workload(random, {.least_layers = 2, .most_layers = most_layers})),
        system(test::random_system(random, test::random_description(random, fpgas), true)),
        problem(workload, system, activations),
        plan(plan_of(problem, test::random_mapping(random, problem))) {}
};

/// Calls with every valid choice of pinned weights.
template <typename Visit>
void for_all_pins(const Problem& problem, Plan& plan, LayerIndex layer, std::vector<std::int64_t>& room,
                  const Visit& visit) {
  if (layer == problem.layers()) return visit(plan);
  plan.pinned[layer] = 0;
  for_all_pins(problem, plan, layer + 1, room, visit);
  const std::int64_t bytes = problem.cost(layer, plan.accelerator[layer]).weight_bytes;
  if (bytes == 0 || bytes > room[plan.accelerator[layer]]) return;
  room[plan.accelerator[layer]] -= bytes;
  plan.pinned[layer] = 1;
  for_all_pins(problem, plan, layer + 1, room, visit);
  plan.pinned[layer] = 0;
  room[plan.accelerator[layer]] += bytes;
}

template <typename Visit>
void for_all_assignments(const Problem& problem, Plan& plan, LayerIndex layer, const Visit& visit) {
  if (layer < problem.layers()) {
    for (const AcceleratorIndex a : problem.candidates(layer)) {
      plan.accelerator[layer] = a;
      for_all_assignments(problem, plan, layer + 1, visit);
    }
    return;
  }
  std::vector<std::int64_t> room;
  for (const Accelerator& accelerator : problem.system().accelerators)
    room.push_back(std::min(accelerator.weight_budget_bytes, accelerator.dram_bytes));
  for_all_pins(problem, plan, 0, room, visit);
}

bool respects_dependencies(const Problem& problem, const std::vector<LayerIndex>& sequence) {
  std::vector<std::size_t> place(sequence.size());
  for (std::size_t i = 0; i < sequence.size(); ++i) place[sequence[i]] = i;
  for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
    const Tensor& one = problem.tensor(tensor);
    if (!one.is_network_input() && place[one.producer] > place[one.consumer]) return false;
  }
  return true;
}

Costs all_costs(const Problem& problem) {
  Costs all;
  std::vector<LayerIndex> sequence(problem.layers());
  std::iota(sequence.begin(), sequence.end(), 0U);
  do {
    if (!respects_dependencies(problem, sequence)) continue;
    Plan plan{sequence, std::vector<AcceleratorIndex>(problem.layers()), std::vector<char>(problem.layers())};
    for_all_assignments(problem, plan, 0, [&](const Plan& one) {
      const Mapping mapping = mapping_of(problem, one, Scope::adjacent);
      const Schedule schedule = analytic_schedule(problem, mapping);
      all.emplace_back(schedule.latency_s(), energy_of(problem, mapping, schedule).paper_J());
    });
  } while (std::next_permutation(sequence.begin(), sequence.end()));
  return all;
}

TEST(FrontSearch, FindsTheFrontOfSmallProblems) {
  test::Random random(22);
  std::size_t points = 0;
  for (int i = 0; i < 40; ++i) {
    const Case one(random, 4, static_cast<int>(test::draw(random, 2, 3)),
                   i % 4 == 3 ? Activations::direct : Activations::host);
    const Costs all = all_costs(one.problem);
    const Costs found = costs_of(search_front(one.problem, {{one.plan}}, {.evaluations = 20000}));
    points += found.size();
    constexpr double kRounding = 1e-9;
    const auto same = [](double a, double b) { return std::abs(a - b) <= kRounding * std::max(a, b); };
    for (const auto& [latency_s, energy_J] : found) {
      const bool exists = std::any_of(all.begin(), all.end(), [&](const auto& other) {
        return same(other.first, latency_s) && same(other.second, energy_J);
      });
      EXPECT_TRUE(exists) << "case " << i << ": no plan has " << latency_s << " s, " << energy_J << " J";
    }
    for (const auto& [latency_s, energy_J] : unbeaten(all)) {
      const bool matched = std::any_of(found.begin(), found.end(), [&](const auto& other) {
        return other.first <= latency_s * (1 + kRounding) && other.second <= energy_J * (1 + kRounding);
      });
      EXPECT_TRUE(matched) << "case " << i << ": misses " << latency_s << " s, " << energy_J << " J";
    }
  }
  EXPECT_GT(points, 60U) << "fronts of one point say little";
}

TEST(FrontSearch, DependsOnTheSeedAlone) {
  test::Random random(23);
  const Case one(random, 30, 5);
  const auto search = [&](std::uint64_t seed, unsigned jobs) {
    return costs_of(
        search_front(one.problem, {{one.plan}}, {.evaluations = 5000, .seed = seed, .jobs = jobs}));
  };
  EXPECT_EQ(search(1, 1), search(1, 2));
  EXPECT_NE(search(1, 1), search(2, 1));
}

TEST(FrontSearch, PlansCostWhatTheFrontSays) {
  test::Random random(24);
  for (int i = 0; i < 20; ++i) {
    const Case one(random, 30, 5, i % 2 == 1 ? Activations::direct : Activations::host);
    for (const Scope scope : {Scope::adjacent, Scope::resident}) {
      const ParetoFront front =
          search_front(one.problem, {{one.plan}}, {.evaluations = 3000, .scope = scope});
      for (const FrontPoint& point : front.points()) {
        const Mapping mapping = mapping_of(one.problem, point.plan, scope);
        const Schedule schedule = analytic_schedule(one.problem, mapping);
        ASSERT_EQ(point.latency_s, schedule.latency_s()) << "case " << i;
        const double energy_J = energy_of(one.problem, mapping, schedule).paper_J();
        ASSERT_NEAR(point.energy_J, energy_J, 1e-9 * energy_J) << "case " << i;
      }
    }
  }
}

}  // namespace
}  // namespace h2h
