// SPDX-License-Identifier: Apache-2.0
//
// The linear programs behind the bounds: what multipliers prove holds in exact arithmetic, and programs do
// not grow beyond what a solver takes.

#include <limits>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "../../src/schedule/bounds/linear_program.hpp"
#include "../../src/schedule/bounds/prices.hpp"
#include "../../src/schedule/bounds/relaxation.hpp"
#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h::bounds {
namespace {

using Exact = boost::multiprecision::cpp_rational;

TEST(LinearProgram, WhatIsProvenIsNotAboveTheOptimumByRounding) {
  // x0 is at least a sum of others, each at its least: with a multiplier of 1 the proof is that sum.
  test::Random random(95);
  for (int i = 0; i < 200; ++i) {
    LinearProgram program;
    program.add_variable(0, 100);
    std::vector<LinearProgram::Term> row = {{0, 1}};
    Exact optimum = 0;
    for (int term = 0; term < 100; ++term) {
      const double least = static_cast<double>(test::draw(random, 1, 1000)) / 997;
      const double factor = static_cast<double>(test::draw(random, 1, 1000)) / 991;
      row.push_back({program.add_variable(least, 2 * least), -factor});
      optimum += Exact(least) * Exact(factor);
    }
    program.add_row(row, 0);
    const double proven = program.proven_by(std::vector<double>{1});
    EXPECT_LE(Exact(proven), optimum) << "case " << i;
    EXPECT_GT(proven, optimum.convert_to<double>() * (1 - 1e-12)) << "case " << i;
  }
}

/// Rows of the program for layers of so many bytes of weights each, on two accelerators that hold a few.
std::size_t rows_for(const std::vector<int>& weights_bytes) {
  std::string workload = "name: w\nlayers:\n";
  for (std::size_t i = 0; i < weights_bytes.size(); ++i) {
    workload += fmt::format("  - {{name: l{}, type: fc, in_features: 1, out_features: {}, inputs: []}}\n", i,
                            weights_bytes[i]);
  }
  const test::ByHand hand(
      workload,
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {layers: {}, default_s: 1}, data_bits: 8,\n"
      "      dram: {capacity: 20kB, weight_share: 0.5}, power: {active_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}});
  const Slots slots(hand.problem);
  return Relaxation(slots, Windows(slots), 1e6).program().rows();
}

TEST(Relaxation, RoundsBudgetsBySomeSizesOnly) {
  const std::vector<int> same(300, 100);
  std::vector<int> different;
  for (int i = 0; i < 300; ++i) different.push_back(100 + i);
  EXPECT_GT(rows_for(different), rows_for(same)) << "sizes that differ say more";
  EXPECT_LE(rows_for(different), rows_for(same) + 16);
}

TEST(Prices, OfALongPathAreNotTooHighByRounding) {
  // A second each, one after the other, and nothing else: no bound may be above their number.
  constexpr int kLayers = 20000;
  std::string workload = "name: w\nlayers:\n";
  for (int i = 0; i < kLayers; ++i) {
    workload += fmt::format("  - {{name: l{}, type: fc, in_features: 1, out_features: 1, inputs: [{}]}}\n", i,
                            i == 0 ? "" : fmt::format("l{}", i - 1));
  }
  constexpr double kFast_Bps = 1e30;
  const test::ByHand hand(
      workload,
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {layers: {}, default_s: 1}, data_bits: 8,\n"
      "      dram: {capacity: 1GB}, power: {active_W: 1}}\n",
      {{"fpga0", "X", kFast_Bps}});
  const Slots slots(hand.problem);
  const PricedBound bound = bound_by_prices(slots, Windows(slots), {true, false, false});
  EXPECT_LE(bound.latency_s, kLayers);
  EXPECT_GT(bound.latency_s, kLayers * (1 - 1e-6));
}

}  // namespace
}  // namespace h2h::bounds
