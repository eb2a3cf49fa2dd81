// SPDX-License-Identifier: Apache-2.0
//
// What stays in local DRAM: steps 2 and 3 for one accelerator against their rules, stated anew and in the
// slowest way.

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapping/locality.hpp>
#include <h2h/mapping/mapping.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::chance;
using test::draw;
using testing::ElementsAre;
using Scope = LocalityRules::Scope;
using Weights = LocalityRules::Weights;

/// Bytes in DRAM while the layer at @p position runs: pinned weights, and each output that some fused
/// consumer at or behind this position still needs, from its producer on.
std::int64_t bytes_while(const Problem& problem, AcceleratorIndex accelerator,
                         const std::vector<LayerIndex>& order, const std::vector<char>& pinned,
                         const std::vector<char>& fused, std::size_t position) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (pinned[i] != 0) bytes += problem.cost(order[i], accelerator).weight_bytes;
    if (i > position) continue;
    bool needed = false;
    for (std::size_t k = position; k < order.size(); ++k) {
      for (const TensorIndex tensor : problem.inputs(order[k])) {
        needed = needed || (fused[tensor] != 0 && problem.tensor(tensor).producer == order[i]);
      }
    }
    if (needed) bytes += problem.cost(order[i], accelerator).output_bytes;
  }
  return bytes;
}

bool fits(const Problem& problem, AcceleratorIndex accelerator, const std::vector<LayerIndex>& order,
          const std::vector<char>& pinned, const std::vector<char>& fused) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (bytes_while(problem, accelerator, order, pinned, fused, i) >
        problem.system().accelerators[accelerator].dram_bytes)
      return false;
  }
  return true;
}

/// A random problem with small memories and one accelerator's part of a random mapping.
struct Case {
  Workload workload;
  System system;
  Problem problem;
  Mapping mapping;
  AcceleratorIndex accelerator;

  explicit Case(test::Random& random, int most_layers = 12)
      : workload(test::random_workload(random, {1, most_layers})),
        system(test::random_system(random, test::random_description(random, 2), true)),
        problem(workload, system),
        mapping(test::random_mapping(random, problem)),
        accelerator(static_cast<AcceleratorIndex>(draw(random, 0, 1))) {}
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  const std::vector<LayerIndex>& order() const { return mapping.order[accelerator]; }
  const Accelerator& device() const { return system.accelerators[accelerator]; }
};

TEST(Pin, TakesTheMostBytesThatFit) {
  test::Random random(31);
  int partly = 0;
  for (int i = 0; i < 1500; ++i) {
    const Case one(random);
    const auto& order = one.order();
    const std::int64_t reserved = chance(random, 0.5) ? 0 : draw(random, 0, one.device().dram_bytes + 10);
    const bool enforced = chance(random, 0.8);
    DramAllocator allocator(one.problem, {Weights::exact, Scope::adjacent, enforced});
    const auto pinned = allocator.pin(one.accelerator, order, reserved);
    ASSERT_EQ(pinned.size(), order.size());
    ASSERT_TRUE(allocator.exact());
    const auto bytes = [&](std::size_t k) {
      return one.problem.cost(order[k], one.accelerator).weight_bytes;
    };
    std::int64_t room = one.device().weight_budget_bytes;
    if (enforced) room = std::max<std::int64_t>(0, std::min(room, one.device().dram_bytes - reserved));
    std::int64_t taken = 0;
    std::int64_t all = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
      taken += pinned[k] != 0 ? bytes(k) : 0;
      all += bytes(k);
      ASSERT_FALSE(pinned[k] != 0 && bytes(k) == 0) << "nothing to pin";
    }
    std::int64_t best = 0;
    for (std::uint32_t subset = 0; subset < (1U << order.size()); ++subset) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < order.size(); ++k) sum += (subset >> k & 1U) != 0 ? bytes(k) : 0;
      if (sum <= room) best = std::max(best, sum);
    }
    ASSERT_EQ(taken, best) << "case " << i;
    partly += taken > 0 && taken < all ? 1 : 0;
  }
  EXPECT_GT(partly, 200) << "memories are meant to be tight";
}

TEST(Pin, ByTheReleasedRules) {
  // Weights: 1000, 1999, 2000 and 3000 numbers are 1, 2, 2 and 3 units of a thousand. 9 kB at 16 bits are
  // 4500 numbers, 4.5 units, which the release rounds up to 5.
  const char* const workload =
      "name: w\nshapes: unchecked\nreason: independent layers\nlayers:\n"
      "  - {name: a, type: fc, in_features: 1, out_features: 1000}\n"
      "  - {name: b, type: fc, in_features: 1, out_features: 1999}\n"
      "  - {name: c, type: fc, in_features: 1, out_features: 2000}\n"
      "  - {name: d, type: fc, in_features: 1, out_features: 3000}\n"
      "  - {name: p, type: pool, channels: 1, out_height: 1, out_width: 1, kernel: 1, stride: 1}\n";
  const char* const catalogue =
      "accelerators:\n  X: {types: [fc, pool], model: table, parameters: {default_s: 1, layers: {}}, "
      "data_bits: 16,\n"
      "      dram: {capacity: 18kB, weight_share: 0.5}, power: {active_W: 1}}\n";
  const ByHand hand(workload, catalogue, {{"fpga0", "X"}});
  DramAllocator release(hand.problem, {Weights::release, Scope::adjacent, false});
  // 1 + 2 + 2, 2 + 3 and 2 + 3 units fill the 5; the last that differs is left out, so not d.
  EXPECT_THAT(release.pin(0, std::vector<LayerIndex>{0, 1, 2, 3, 4}), ElementsAre(1, 1, 1, 0, 0));
  EXPECT_THAT(release.pin(0, std::vector<LayerIndex>{3, 2, 1, 0}), ElementsAre(1, 1, 0, 0))
      << "the order is that in which they run";
  EXPECT_THAT(release.pin(0, std::vector<LayerIndex>{4, 0, 3}), ElementsAre(0, 1, 1)) << "all weights fit";
  // Where the DRAM is enforced the 4.5 units are 4, which no choice of whole units exceeds.
  DramAllocator enforced(hand.problem, {Weights::release, Scope::adjacent, true});
  EXPECT_THAT(enforced.pin(0, std::vector<LayerIndex>{0, 1, 2, 3, 4}), ElementsAre(0, 1, 1, 0, 0));
  EXPECT_TRUE(release.exact() && enforced.exact());
  // 1000 + 1999 + 2000 numbers are 9,998 bytes, more than the 9,000: the units hide that. The exact rule
  // finds 8,000.
  DramAllocator exact(hand.problem, {});
  EXPECT_THAT(exact.pin(0, std::vector<LayerIndex>{0, 1, 2, 3, 4}), ElementsAre(1, 0, 0, 1, 0));
  EXPECT_THAT(exact.pin(0, std::vector<LayerIndex>{0, 1, 2}, 12001), ElementsAre(1, 1, 0))
      << "of 18,000 bytes 5,999 are left: 2000 + 3998 fits, 2000 + 4000 does not";
}

TEST(Fuse, TakesTensorsInOrderWhileTheyFit) {
  test::Random random(32);
  int left_out = 0;
  int fused_in_all = 0;
  for (int i = 0; i < 1500; ++i) {
    const Case one(random, 20);
    const auto& order = one.order();
    const Scope scope = chance(random, 0.5) ? Scope::adjacent : Scope::resident;
    DramAllocator allocator(one.problem, {Weights::exact, scope, true});
    const auto pins = allocator.pin(one.accelerator, order);
    std::vector<char> pinned(pins.begin(), pins.end());
    for (char& pin : pinned) pin = chance(random, 0.5) ? pin : 0;

    std::vector<char> expected(one.problem.tensors());
    std::vector<TensorIndex> expected_list;
    for (std::size_t consumer = 0; consumer < order.size(); ++consumer) {
      for (const TensorIndex tensor : one.problem.inputs(order[consumer])) {
        const auto before = std::find(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(consumer),
                                      one.problem.tensor(tensor).producer);
        if (before == order.begin() + static_cast<std::ptrdiff_t>(consumer)) continue;
        if (scope == Scope::adjacent && before + 1 != order.begin() + static_cast<std::ptrdiff_t>(consumer))
          continue;
        expected[tensor] = 1;
        if (fits(one.problem, one.accelerator, order, pinned, expected)) {
          expected_list.push_back(tensor);
        } else {
          expected[tensor] = 0;
          ++left_out;
        }
      }
    }
    const auto fused = allocator.fuse(one.accelerator, order, pinned);
    ASSERT_EQ(std::vector<TensorIndex>(fused.begin(), fused.end()), expected_list) << "case " << i;
    fused_in_all += static_cast<int>(fused.size());
  }
  EXPECT_GT(left_out, 200) << "memories are meant to be tight";
  EXPECT_GT(fused_in_all, 500);
}

TEST(Fuse, WithoutTheDramLimitEveryTensorOfTheScopeStays) {
  test::Random random(33);
  for (int i = 0; i < 300; ++i) {
    const Case one(random, 20);
    const auto& order = one.order();
    DramAllocator allocator(one.problem, {Weights::release, Scope::resident, false});
    std::size_t expected = 0;
    for (const LayerIndex layer : order) {
      for (const TensorIndex tensor : one.problem.inputs(layer)) {
        expected +=
            std::find(order.begin(), order.end(), one.problem.tensor(tensor).producer) != order.end() ? 1 : 0;
      }
    }
    ASSERT_EQ(allocator.fuse(one.accelerator, order, std::vector<char>(order.size())).size(), expected);
  }
}

TEST(DramProfile, EqualsItsDefinition) {
  test::Random random(34);
  for (int i = 0; i < 500; ++i) {
    const Case one(random, 20);
    std::vector<char> pinned;
    for (const LayerIndex layer : one.order()) pinned.push_back(one.mapping.pinned[layer]);
    const auto profile = dram_profile(one.problem, one.mapping, one.accelerator);
    ASSERT_EQ(profile.size(), one.order().size());
    for (std::size_t k = 0; k < profile.size(); ++k) {
      ASSERT_EQ(profile[k],
                bytes_while(one.problem, one.accelerator, one.order(), pinned, one.mapping.fused, k))
          << "case " << i;
    }
  }
}

/// a -> b -> c -> d, and a -> d besides; every output is 10 bytes, every layer has 100 bytes of weights.
const char* const kSkip =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
    "  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [b]}\n"
    "  - {name: d, type: fc, in_features: 10, out_features: 10, inputs: [c], residual: [a]}\n";

// Tensors: into a 0, into b 1, into c 2, into d 3 (c) and 4 (a, residual).
std::vector<TensorIndex> fused_with(std::int64_t dram_bytes, Scope scope, const std::vector<char>& pinned) {
  const std::string catalogue =
      "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: "
      "8,\n"
      "      dram: {capacity: " +
      std::to_string(dram_bytes) + "B, weight_share: 1}, power: {active_W: 1}}\n";
  const ByHand hand(kSkip, catalogue, {{"fpga0", "X"}});
  DramAllocator allocator(hand.problem, {Weights::exact, scope, true});
  const auto fused = allocator.fuse(0, std::vector<LayerIndex>{0, 1, 2, 3}, pinned);
  return {fused.begin(), fused.end()};
}

TEST(Fuse, ByHand) {
  const std::vector<char> none(4);
  // Adjacent: a-b, b-c, c-d; while b runs the outputs of a and b are there, 20 bytes.
  EXPECT_THAT(fused_with(1000, Scope::adjacent, none), ElementsAre(1, 2, 3));
  EXPECT_THAT(fused_with(20, Scope::adjacent, none), ElementsAre(1, 2, 3));
  EXPECT_THAT(fused_with(19, Scope::adjacent, none), ElementsAre(1, 3))
      << "b's output would lie beside a's while b runs; c's is beside nothing then";
  EXPECT_THAT(fused_with(9, Scope::adjacent, none), ElementsAre());
  // Resident: a's output stays until d, so that three tensors are there while c runs.
  EXPECT_THAT(fused_with(1000, Scope::resident, none), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(fused_with(30, Scope::resident, none), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(fused_with(29, Scope::resident, none), ElementsAre(1, 2, 3))
      << "the earlier consumers come first";
  // Pinned weights take their part all the time.
  EXPECT_THAT(fused_with(129, Scope::resident, {0, 0, 1, 0}), ElementsAre(1, 2, 3));
  EXPECT_THAT(fused_with(130, Scope::resident, {0, 0, 1, 0}), ElementsAre(1, 2, 3, 4));
}

TEST(Fuse, OnlyWhatRanEarlierOnTheSameAccelerator) {
  const ByHand hand(kSkip,
                    "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, "
                    "data_bits: 8,\n"
                    "      dram: {capacity: 1kB}, power: {active_W: 1}}\n",
                    {{"fpga0", "X"}, {"fpga1", "X"}});
  DramAllocator allocator(hand.problem, {Weights::exact, Scope::resident, true});
  EXPECT_THAT(allocator.fuse(0, std::vector<LayerIndex>{0, 3}, std::vector<char>(2)), ElementsAre(4));
  EXPECT_THAT(allocator.fuse(1, std::vector<LayerIndex>{1, 2}, std::vector<char>(2)), ElementsAre(2));
  EXPECT_THAT(allocator.fuse(0, std::vector<LayerIndex>{3, 0}, std::vector<char>(2)), ElementsAre())
      << "an order that cannot be";
  EXPECT_TRUE(allocator.fuse(0, {}, {}).empty());
}

TEST(Fuse, APairOfTensorsTakesItsRoomOnce) {
  // b reads a and adds it to its own output: two tensors, one copy in DRAM.
  const ByHand hand(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a], residual: [a]}\n",
      "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: "
      "8,\n"
      "      dram: {capacity: 10B}, power: {active_W: 1}}\n",
      {{"fpga0", "X"}});
  DramAllocator allocator(hand.problem, {Weights::exact, Scope::adjacent, true});
  EXPECT_THAT(allocator.fuse(0, std::vector<LayerIndex>{0, 1}, std::vector<char>(2)), ElementsAre(1, 2));
}

TEST(Pin, ByTheReleasedRulesInBoundedMemory) {
  // A table of 4,000 items and 10^9 units would take half a terabyte.
  WorkloadDescription description;
  description.name = "w";
  for (int i = 0; i < 4000; ++i) {
    description.layers.push_back({Layer{fmt::format("l{}", i), "", FullyConnected{1000000, 1000 + i}}});
  }
  const Workload workload(description);
  const System system = make_system(
      test::platform_by_hand({{"fpga0", "X"}}),
      test::catalogue_by_hand(
          "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, "
          "data_bits: 8, dram: {capacity: 2TB, weight_share: 0.5}, power: {active_W: 1}}\n"));
  const Problem problem(workload, system);
  std::vector<LayerIndex> order(problem.layers());
  std::iota(order.begin(), order.end(), LayerIndex{0});
  DramAllocator release(problem, {Weights::release, Scope::adjacent, false});
  const auto pinned = release.pin(0, order);
  std::int64_t bytes = 0;
  for (const LayerIndex layer : order) bytes += pinned[layer] != 0 ? problem.cost(layer, 0).weight_bytes : 0;
  EXPECT_LE(bytes, system.accelerators[0].weight_budget_bytes);
  EXPECT_GT(bytes, system.accelerators[0].weight_budget_bytes * 9 / 10);
  EXPECT_FALSE(release.exact());
}

}  // namespace
}  // namespace h2h
