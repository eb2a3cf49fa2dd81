// SPDX-License-Identifier: Apache-2.0
//
// Bounds against the true optimum: every assignment, order, pin and fusion of small problems.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <h2h/base/error.hpp>
#include <h2h/run/run.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/bounds.hpp>
#include <h2h/schedule/checker.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::draw;

constexpr double kRounding = 1e-12;
constexpr double kHand = 1e-10;  ///< of seconds by hand

/// Calls @p visit with every complete mapping whose orders agree with the workload, nothing pinned or fused.
void for_each_order(const Problem& problem, const std::function<void(Mapping&)>& visit) {
  Mapping mapping = Mapping::none(problem);
  const std::function<void(LayerIndex)> assign = [&](LayerIndex layer) {
    if (layer == problem.layers()) {
      if (execution_sequence(problem, mapping).size() == problem.layers()) visit(mapping);
      return;
    }
    for (const AcceleratorIndex a : problem.candidates(layer)) {
      auto& order = mapping.order[a];
      mapping.accelerator[layer] = a;
      for (std::size_t at = 0; at <= order.size(); ++at) {
        order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), layer);
        assign(layer + 1);
        order.erase(order.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    mapping.accelerator[layer] = Mapping::kUnmapped;
  };
  assign(0);
}

struct Optimum {
  double latency_s = std::numeric_limits<double>::infinity();
  int valid = 0;
};

/// The best latency of all mappings that the checker finds nothing wrong with.
Optimum brute_force(const Problem& problem) {
  Optimum best;
  for_each_order(problem, [&](Mapping& mapping) {
    std::vector<TensorIndex> edges;
    for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
      const Tensor& edge = problem.tensor(tensor);
      if (!edge.is_network_input() &&
          mapping.accelerator[edge.producer] == mapping.accelerator[edge.consumer])
        edges.push_back(tensor);
    }
    for (std::uint32_t pins = 0; pins < (1U << problem.layers()); ++pins) {
      for (LayerIndex layer = 0; layer < problem.layers(); ++layer)
        mapping.pinned[layer] = static_cast<char>(pins >> layer & 1U);
      for (std::uint32_t fusions = 0; fusions < (1U << edges.size()); ++fusions) {
        for (std::size_t e = 0; e < edges.size(); ++e)
          mapping.fused[edges[e]] = static_cast<char>(fusions >> e & 1U);
        if (!check_mapping(problem, mapping).empty()) continue;
        ++best.valid;
        best.latency_s = std::min(best.latency_s, analytic_latency_s(problem, mapping));
      }
    }
    std::fill(mapping.pinned.begin(), mapping.pinned.end(), 0);
    std::fill(mapping.fused.begin(), mapping.fused.end(), 0);
  });
  return best;
}

/// Random accelerators, pairwise alike now and then, whose transfers mostly take about as long as
/// computations.
System random_mix(test::Random& random, int fpgas, bool tight) {
  System system = test::random_system(random, test::random_description(random, fpgas), tight);
  const double slowdown = std::pow(10, static_cast<double>(draw(random, 0, 5)));
  for (std::size_t a = 0; a < system.accelerators.size(); ++a) {
    Accelerator& accelerator = system.accelerators[a];
    if (a > 0 && test::chance(random, 0.3)) {
      const std::string name = accelerator.name;
      accelerator = system.accelerators[a - 1];
      accelerator.name = name;
      continue;
    }
    for (Route* route : {&accelerator.from_host, &accelerator.to_host}) route->bandwidth_Bps /= slowdown;
  }
  for (PeerRoutes::Speed& speed : system.peers.speeds) speed.bandwidth_Bps /= slowdown;
  return system;
}

TEST(Bounds, AreBelowTheBestOfAllMappings) {
  test::Random random(71);
  int path_is_exact = 0;
  int load_is_larger = 0;
  int all_is_larger = 0;
  std::int64_t mappings = 0;
  for (int i = 0; i < 400; ++i) {
    const Workload workload = test::random_workload(random, {1, 4, 0.2, 2, 12});
    const System system = random_mix(random, static_cast<int>(draw(random, 1, 3)), i % 2 == 0);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    const Optimum best = brute_force(problem);
    mappings += best.valid;
    const Bound path = critical_path_bound(problem);
    const Bound load = load_bound(problem);
    const Bound all = best_bound(problem);
    for (const Bound& bound : {path, load, all}) {
      ASSERT_LE(bound.latency_s, best.latency_s * (1 + kRounding)) << bound.kind << ", case " << i;
      ASSERT_GT(bound.latency_s, 0);
      ASSERT_FALSE(bound.kind.empty());
    }
    ASSERT_GE(all.latency_s, path.latency_s);
    path_is_exact += path.latency_s >= best.latency_s * (1 - kRounding) ? 1 : 0;
    load_is_larger += load.latency_s > path.latency_s ? 1 : 0;
    all_is_larger += all.latency_s > std::max(path.latency_s, load.latency_s) * (1 + 1e-6) ? 1 : 0;
  }
  EXPECT_GT(mappings, 50000);
  EXPECT_GT(path_is_exact, 50) << "the bounds are meant to be of use";
  EXPECT_GT(load_is_larger, 20);
  EXPECT_GT(all_is_larger, 20);
}

TEST(Bounds, ExactIsTheBestOfAllMappings) {
  test::Random random(73);
  int searched = 0;
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random, {1, 4, 0.2, 2, 12});
    const System system = random_mix(random, static_cast<int>(draw(random, 1, 3)), i % 2 == 0);
    const Problem problem(workload, system);
    const double best_s = brute_force(problem).latency_s;
    // With an incumbent and without.
    for (const std::optional<double>& incumbent_s : {std::optional<double>(), std::optional(best_s * 1.1)}) {
      const Bound exact = find_bound(problem, Contention::none, incumbent_s, {BoundMethod::exact, 60});
      ASSERT_NEAR(exact.latency_s, best_s, 1e-11 * best_s) << exact.kind << ", case " << i;
      searched += exact.kind == "exact" ? 1 : 0;
    }
  }
  EXPECT_GT(searched, 50) << "the quick bound is meant to fall short now and then";
}

bool cbc_is_there() {
  try {
    require_method(BoundMethod::lp);
    return true;
  } catch (const Error&) {
    return false;
  }
}

TEST(Bounds, LinearProgramsAreBelowTheBestOfAllMappings) {
  if (!cbc_is_there()) GTEST_SKIP() << "needs cbc";
  test::Random random(74);
  double lp_sum = 0;
  double milp_sum = 0;
  int quick_is_smaller = 0;
  constexpr int kCases = 120;
  for (int i = 0; i < kCases; ++i) {
    const Workload workload = test::random_workload(random, {2, 4, 0.2, 2, 12});
    const System system = random_mix(random, static_cast<int>(draw(random, 1, 3)), i % 2 == 0);
    const Problem problem(workload, system, i % 4 == 3 ? Activations::direct : Activations::host);
    const double best_s = brute_force(problem).latency_s;
    const std::optional<double> incumbent_s =
        i % 3 == 0 ? std::nullopt : std::optional(best_s * (i % 3 == 1 ? 1.0 : 1.3));
    const Bound quick = best_bound(problem);
    const Bound lp = find_bound(problem, Contention::none, incumbent_s, {BoundMethod::lp, 60});
    const Bound milp = find_bound(problem, Contention::none, incumbent_s, {BoundMethod::milp, 60});
    for (const Bound& bound : {lp, milp}) {
      ASSERT_LE(bound.latency_s, best_s * (1 + kRounding)) << bound.kind << ", case " << i;
      ASSERT_GE(bound.latency_s, quick.latency_s);
    }
    ASSERT_GE(milp.latency_s, lp.latency_s);
    lp_sum += lp.latency_s / best_s;
    milp_sum += milp.latency_s / best_s;
    quick_is_smaller += lp.kind == "lp" ? 1 : 0;
  }
  EXPECT_GT(quick_is_smaller, 10);
  EXPECT_GT(lp_sum / kCases, 0.95);
  EXPECT_GT(milp_sum / kCases, 0.97);
}

TEST(Bounds, LinearProgramsAreBelowTheOptimumOfWiderWorkloads) {
  if (!cbc_is_there()) GTEST_SKIP() << "needs cbc";
  test::Random random(76);
  int proven = 0;
  for (int i = 0; i < 120; ++i) {
    const Workload workload = test::random_workload(random, {5, 8, 0.2, 3, 12});
    const System system = random_mix(random, static_cast<int>(draw(random, 2, 4)), i % 2 == 0);
    const Problem problem(workload, system);
    const Bound exact = find_bound(problem, Contention::none, std::nullopt, {BoundMethod::exact, 2});
    if (exact.kind != "exact") continue;
    ++proven;
    const std::optional<double> incumbent_s =
        i % 3 == 0 ? std::nullopt : std::optional(exact.latency_s * (i % 3 == 1 ? 1.0 + 1e-9 : 1.3));
    for (const BoundMethod method : {BoundMethod::quick, BoundMethod::lp, BoundMethod::milp}) {
      const Bound bound = find_bound(problem, Contention::none, incumbent_s, {method, 60});
      ASSERT_LE(bound.latency_s, exact.latency_s * (1 + 1e-11)) << bound.kind << ", case " << i;
    }
  }
  EXPECT_GT(proven, 60);
}

TEST(Bounds, QuickOnesAreComputedOnce) {
  test::Random random(78);
  const Workload workload = test::random_workload(random, {4, 8});
  const System system = test::random_system(random, test::random_description(random, 3));
  const Problem problem(workload, system);
  QuickBounds bounds(problem);
  for (const Contention contention : {Contention::none, Contention::possible}) {
    for (const Execution execution : {Execution::serial, Execution::overlap}) {
      const Bound& bound = bounds.of(contention, execution);
      EXPECT_EQ(bound.latency_s, best_bound(problem, contention, execution).latency_s);
      EXPECT_EQ(&bound, &bounds.of(contention, execution));
    }
  }
}

TEST(Bounds, SaysWhatItsMethodsDoNotKnow) {
  test::Random random(77);
  const Workload workload = test::random_workload(random, {4, 8});
  const System system = test::random_system(random, test::random_description(random, 3));
  const Problem direct(workload, system, Activations::direct);
  const Bound exact = find_bound(direct, Contention::none, std::nullopt, {BoundMethod::exact, 60});
  EXPECT_EQ(exact.latency_s, best_bound(direct).latency_s);
  EXPECT_EQ(exact.note,
            "--bound exact does not know direct activations; the bound of kind " + exact.kind + " stands");
  const Problem host(workload, system);
  for (const BoundMethod method : {BoundMethod::lp, BoundMethod::milp, BoundMethod::exact}) {
    const Bound bound = find_bound(host, Contention::none, 1.0, {method, 60}, Execution::overlap);
    EXPECT_EQ(bound.latency_s, best_bound(host, Contention::none, Execution::overlap).latency_s);
    EXPECT_EQ(bound.note, fmt::format("--bound {} knows serial execution only; the bound of kind {} stands",
                                      to_string(method), bound.kind));
  }
  EXPECT_EQ(find_bound(host, Contention::none, 1.0, {}, Execution::overlap).note, "");
}

/// Layers that do not depend on each other, on accelerators of as many kinds, each with room for one layer's
/// weights.
struct Wide {
  Wide(int layers, int kinds) : hand(workload_of(layers), catalogue_of(kinds), fpgas_of(kinds)) {}

  static std::string workload_of(int layers) {
    std::string text = "name: wide\nlayers:\n";
    for (int i = 0; i < layers; ++i)
      text += fmt::format("  - {{name: l{}, type: fc, in_features: 10, out_features: 10, inputs: []}}\n", i);
    return text;
  }
  static std::string catalogue_of(int kinds) {
    std::string text = "accelerators:\n";
    for (int kind = 0; kind < kinds; ++kind) {
      text += fmt::format(
          "  K{0}: {{types: [fc], model: table, parameters: {{layers: {{}}, default_s: 1.{0}}}, data_bits: "
          "8,\n"
          "      dram: {{capacity: 300B}}, power: {{active_W: 1}}}}\n",
          kind);
    }
    return text;
  }
  static std::vector<test::FpgaByHand> fpgas_of(int kinds) {
    std::vector<test::FpgaByHand> fpgas;
    for (int kind = 0; kind < kinds; ++kind)
      fpgas.push_back({fmt::format("fpga{}", kind), fmt::format("K{}", kind)});
    return fpgas;
  }

  ByHand hand;
};

TEST(Bounds, ExactStopsInTime) {
  // A first layer can be placed in 38400 ways, and each takes a look at all others: without a look at the
  // clock meanwhile this would take hours.
  const Wide wide(1600, 12);
  const Bound quick = best_bound(wide.hand.problem);
  const Bound exact = find_bound(wide.hand.problem, Contention::none, {}, {BoundMethod::exact, 0.1});
  EXPECT_EQ(exact.latency_s, quick.latency_s);
  EXPECT_EQ(exact.note, "--bound exact: nothing is proven in 0.1 s; lp and milp suit larger workloads");
}

TEST(Bounds, SayWhatIsTooLargeForThem) {
  const Wide wide(1700, 12);
  const std::string kind = best_bound(wide.hand.problem).kind;
  EXPECT_EQ(find_bound(wide.hand.problem, Contention::none, {}, {BoundMethod::exact, 0.1}).note,
            "--bound exact is not for 1700 layers on 12 kinds of accelerators; the bound of kind " + kind +
                " stands");
  // Every subset of so many inputs that may stay or not.
  std::string join = "  - {name: join, type: fc, in_features: 210, out_features: 1, inputs: [l0";
  for (int i = 1; i < 21; ++i) join += fmt::format(", l{}", i);
  const std::string workload = Wide::workload_of(21) + join + "]}\n";
  const ByHand many(workload, Wide::catalogue_of(1), Wide::fpgas_of(1));
  const Bound bound = find_bound(many.problem, Contention::none, {}, {BoundMethod::exact, 0.1});
  EXPECT_EQ(bound.latency_s, best_bound(many.problem).latency_s);
  EXPECT_EQ(
      bound.note,
      "--bound exact is not for layers of 21 inputs where DRAM is short (at most 20); the bound of kind " +
          bound.kind + " stands");
}

TEST(Bounds, ToStateALinearProgramTakesOfTheTime) {
  if (!cbc_is_there()) GTEST_SKIP() << "needs cbc";
  const Wide wide(300, 4);
  const Bound quick = best_bound(wide.hand.problem);
  for (const BoundMethod method : {BoundMethod::lp, BoundMethod::milp}) {
    const Bound bound = find_bound(wide.hand.problem, Contention::none, {}, {method, 1e-6});
    EXPECT_EQ(bound.latency_s, quick.latency_s);
    EXPECT_EQ(bound.note,
              fmt::format("--bound {}: to state the linear program takes longer than 1e-06 s; the "
                          "bound of kind {} stands",
                          to_string(method), quick.kind));
  }
}

TEST(Bounds, OfAnotherMethodAreNeverWorseThanTheQuickOne) {
  test::Random random(75);
  const Workload workload = test::random_workload(random, {40, 40, 0.2, 3, 40});
  const System system = test::random_system(random, test::random_description(random, 6));
  const Problem problem(workload, system);
  // Out of time at once.
  const Bound exact = find_bound(problem, Contention::none, std::nullopt, {BoundMethod::exact, 1e-9});
  EXPECT_EQ(exact.latency_s, best_bound(problem).latency_s);
  EXPECT_EQ(exact.kind, best_bound(problem).kind);
}

/// A chain of fully connected layers of random sizes; the batch makes transfers about as long as
/// computations.
Workload random_chain(test::Random& random, std::int64_t layers) {
  WorkloadDescription description;
  description.name = "chain";
  std::int64_t features = draw(random, 1, 500);
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::int64_t out = draw(random, 1, 500);
    LayerDescription& layer = description.layers.emplace_back();
    layer.layer = {fmt::format("l{}", i), "", FullyConnected{features, out}, 5000};
    if (i > 0) layer.inputs = {fmt::format("l{}", i - 1)};
    features = out;
  }
  return Workload(description);
}

TEST(Bounds, TheCriticalPathIsExactOnAChainWithEnoughDram) {
  test::Random random(72);
  int moves = 0;
  int stays = 0;
  for (int i = 0; i < 100; ++i) {
    const Workload workload = random_chain(random, draw(random, 1, 6));
    const System system = test::random_system(random, test::random_description(random, 3));
    const Problem problem(workload, system);
    // Everything is pinned and, where a producer is on the same accelerator, fused; that fits.
    double best_s = std::numeric_limits<double>::infinity();
    bool best_moves = false;
    Mapping mapping = Mapping::none(problem);
    const std::function<void(LayerIndex)> assign = [&](LayerIndex layer) {
      if (layer == problem.layers()) {
        ASSERT_TRUE(check_mapping(problem, mapping).empty());
        const double latency_s = analytic_latency_s(problem, mapping);
        if (latency_s >= best_s) return;
        best_s = latency_s;
        best_moves = std::count(mapping.accelerator.begin(), mapping.accelerator.end(),
                                mapping.accelerator[0]) != problem.layers();
        return;
      }
      const TensorIndex input = *problem.inputs(layer).begin();
      for (const AcceleratorIndex a : problem.candidates(layer)) {
        mapping.append(layer, a);
        mapping.pinned[layer] = 1;
        mapping.fused[input] = layer > 0 && mapping.accelerator[layer - 1] == a ? 1 : 0;
        assign(layer + 1);
        mapping.order[a].pop_back();
      }
      mapping.accelerator[layer] = Mapping::kUnmapped;
    };
    assign(0);
    ASSERT_NEAR(critical_path_bound(problem).latency_s, best_s, kRounding * best_s) << "case " << i;
    ++(best_moves ? moves : stays);
  }
  EXPECT_GT(moves, 20) << "the best mapping is meant to change accelerators now and then";
  EXPECT_GT(stays, 10);
}

// A number is a byte; 100 B/s, so that 10 numbers take 0.1 s and 100 weights a second. 150 bytes of DRAM for
// weights.
ByHand independent(int fcs, int pools) {
  std::string yaml = "name: w\nlayers:\n";
  for (int i = 0; i < fcs; ++i)
    yaml += fmt::format("  - {{name: f{}, type: fc, in_features: 10, out_features: 10}}\n", i);
  for (int i = 0; i < pools; ++i) {
    yaml += fmt::format(
        "  - {{name: p{}, type: pool, channels: 10, out_height: 1, out_width: 1, kernel: 1, stride: 1}}\n",
        i);
  }
  return ByHand(
      yaml,
      "accelerators:\n"
      "  X: {types: [fc, pool], model: table, parameters: {default_s: 6, layers: {}}, data_bits: 8,\n"
      "      dram: {capacity: 300B}, power: {active_W: 1}}\n"
      "  P: {types: [pool], model: table, parameters: {default_s: 6, layers: {}}, data_bits: 8,\n"
      "      dram: {capacity: 300B}, power: {active_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "P"}});
}

TEST(Bounds, LoadByHand) {
  // Every layer takes 0.1 + 6 + 0.1 s at the least. Three that run on fpga0 alone: 18.6 s, and 150 of their
  // 300 bytes of weights do not fit: 1.5 s.
  const ByHand one = independent(3, 0);
  EXPECT_NEAR(load_bound(one.problem).latency_s, 20.1, kHand);
  EXPECT_EQ(load_bound(one.problem).kind, "load");
  EXPECT_NEAR(critical_path_bound(one.problem).latency_s, 6.2, kHand);
  EXPECT_EQ(critical_path_bound(one.problem).kind, "critical-path");
  // Four that run on both: 24.8 s, half of it each.
  EXPECT_NEAR(load_bound(independent(0, 4).problem).latency_s, 12.4, kHand);
  // One on fpga0 alone and four on both: five halves; three and one: the three alone are the heavier group.
  EXPECT_NEAR(load_bound(independent(1, 4).problem).latency_s, 15.5, kHand);
  EXPECT_NEAR(load_bound(independent(3, 1).problem).latency_s, 20.1, kHand);
  EXPECT_EQ(best_bound(one.problem).kind, "load");
}

TEST(Bounds, LoadOfUnrelatedAcceleratorsByHand) {
  // a takes 1 s on fpga0 and 3 s on fpga1, b 3 s and 1 s, c 2 s on both; 0.1 s in and out each. Parts of c
  // may run side by side: 1.2 s + 1.1 s each. Spreading each layer's least over both gives (1.2 + 1.2 + 2.2)
  // / 2, the same; with c at 3.8 s on fpga1, it is better to do 69 of 100 of it on fpga0: 1.2 + 2.2 q = 1.2 +
  // 4 (1 - q).
  const auto load_of = [](double c_on_the_second) {
    const ByHand three(
        "name: w\nlayers:\n"
        "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
        "  - {name: b, type: fc, in_features: 10, out_features: 10}\n"
        "  - {name: c, type: fc, in_features: 10, out_features: 10}\n",
        fmt::format(
            "accelerators:\n"
            "  X: {{types: [fc], model: table, parameters: {{layers: {{a: 1, b: 3, c: 2}}}}, data_bits: 8,\n"
            "      dram: {{capacity: 1000B}}, power: {{active_W: 1}}}}\n"
            "  Y: {{types: [fc], model: table, parameters: {{layers: {{a: 3, b: 1, c: {}}}}}, data_bits: 8,\n"
            "      dram: {{capacity: 1000B}}, power: {{active_W: 1}}}}\n",
            c_on_the_second),
        {{"fpga0", "X"}, {"fpga1", "Y"}});
    return load_bound(three.problem).latency_s;
  };
  EXPECT_NEAR(load_of(2), 2.3, kHand);
  const double best = 1.2 + 2.2 * 4 / 6.2;
  EXPECT_LE(load_of(3.8), best + kHand);
  EXPECT_GE(load_of(3.8), best * 0.99) << "prices come near the best ones";
}

TEST(Bounds, NetworkByHand) {
  // Three layers of 10 numbers in and 10 out on two accelerators with ports of 100 B/s behind one of 120 B/s
  // for both directions; each pins one layer's 100 weights. 60 bytes of activations, 100 of weights: 160 /
  // 120 s.
  PlatformDescription platform = test::platform_by_hand({{"fpga0", "X"}, {"fpga1", "X"}});
  const auto shared = static_cast<LinkIndex>(platform.links.size());
  platform.links.push_back({"shared", 120, 0});
  for (FpgaDescription& fpga : platform.fpgas) {
    fpga.from_host.links.push_back(shared);
    fpga.to_host.links.push_back(shared);
  }
  const Workload workload = parse_workload(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: c, type: fc, in_features: 10, out_features: 10}\n",
      "w.yaml");
  const Catalogue catalogue = test::catalogue_by_hand(
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {default_s: 0.01, layers: {}}, data_bits: 8,\n"
      "      dram: {capacity: 200B}, power: {active_W: 1}}\n");
  const System system = make_system(platform, catalogue);
  const Problem problem(workload, system);
  EXPECT_NEAR(network_bound(problem).latency_s, 160.0 / 120, kHand);
  EXPECT_EQ(network_bound(problem).kind, "network");
  // Without contention nobody shares it: 1 s of weights, three times 0.1 + 0.01 + 0.1 s, on both evenly.
  EXPECT_NEAR(load_bound(problem).latency_s, 1.63 / 2, kHand);
  EXPECT_EQ(best_bound(problem, Contention::none).kind, "load");
  EXPECT_EQ(best_bound(problem, Contention::possible).kind, "network");
  // A fat pipe is not shared, and a wide link cannot bind.
  platform.links[shared].is_fatpipe = true;
  const System fat = make_system(platform, catalogue);
  EXPECT_EQ(network_bound(Problem(workload, fat)).latency_s, 0);
  platform.links[shared] = {"shared", 200, 0};
  const System wide = make_system(platform, catalogue);
  EXPECT_EQ(network_bound(Problem(workload, wide)).latency_s, 0);
}

TEST(Bounds, CriticalPathByHand) {
  // a runs best on fpga0 (1 s against 9 s), b on fpga1: 0.1 + 1 on fpga0, its 10 bytes out and in at 0.1 s
  // each, 1 + 0.1 on fpga1: 2.4 s. c's weights of 1,000 bytes fit no share of the DRAM: 10 s wherever it
  // runs.
  const char* const catalogue =
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {layers: {a: 1, b: 9}}, data_bits: 8, dram: {capacity: "
      "300B}, power: {active_W: 1}}\n"
      "  Y: {types: [fc], model: table, parameters: {layers: {a: 9, b: 1}}, data_bits: 8, dram: {capacity: "
      "300B}, power: {active_W: 1}}\n";
  const ByHand two(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n",
      catalogue, {{"fpga0", "X"}, {"fpga1", "Y"}});
  EXPECT_NEAR(critical_path_bound(two.problem).latency_s, 2.4, kRounding * 10);
  EXPECT_NEAR(brute_force(two.problem).latency_s, 2.4, kRounding * 10);
  const ByHand large(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 100}\n",
      catalogue, {{"fpga0", "X"}, {"fpga1", "Y"}});
  // 1,000 weights do not fit into 150 bytes: 10 s; 0.1 in, 1 s, 1 s out.
  EXPECT_NEAR(critical_path_bound(large.problem).latency_s, 12.1, kRounding * 20);
  EXPECT_NEAR(brute_force(large.problem).latency_s, 12.1, kRounding * 20);
}

}  // namespace
}  // namespace h2h
