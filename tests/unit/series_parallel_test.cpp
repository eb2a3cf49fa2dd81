// SPDX-License-Identifier: Apache-2.0
//
// Series-parallel decomposition of small graphs by hand.

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapper/series_parallel.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::Random;
using testing::UnorderedElementsAre;
using Subgraph = std::vector<LayerIndex>;

/// The subgraphs of more than one layer; layers are numbers from 0, each with those that it reads.
std::vector<Subgraph> compositions(const std::vector<std::vector<int>>& inputs) {
  std::string yaml = "name: w\nlayers:\n";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<std::string> names;
    for (const int input : inputs[i]) names.push_back(fmt::format("l{}", input));
    yaml += fmt::format("  - {{name: l{}, type: fc, in_features: {}, out_features: 1, inputs: [{}]}}\n", i,
                        std::max<std::size_t>(1, inputs[i].size()), fmt::join(names, ", "));
  }
  const test::ByHand hand(yaml,
                          "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, "
                          "layers: {}}, data_bits: 8,\n"
                          "      dram: {capacity: 1kB}, power: {active_W: 1}}\n",
                          {{"fpga0", "X"}});
  std::vector<Subgraph> all = series_parallel_subgraphs(hand.problem);
  for (LayerIndex layer = 0; layer < inputs.size(); ++layer) EXPECT_EQ(all.at(layer), Subgraph{layer});
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
  return all;
}

TEST(SeriesParallel, OneLayerIsItsOwnSubgraph) {
  EXPECT_THAT(compositions({{}}), UnorderedElementsAre());
}

TEST(SeriesParallel, AChainIsOneSeries) {
  EXPECT_THAT(compositions({{}, {0}, {1}, {2}}), UnorderedElementsAre(Subgraph{0, 1, 2, 3}));
}

TEST(SeriesParallel, IndependentChainsAreParallel) {
  EXPECT_THAT(compositions({{}, {0}, {}, {2}}),
              UnorderedElementsAre(Subgraph{0, 1}, Subgraph{2, 3}, Subgraph{0, 1, 2, 3}));
}

TEST(SeriesParallel, BranchesAndWhatIsBetweenForkAndJoin) {
  // 0 forks to 1-2 and 3, joined in 4.
  EXPECT_THAT(compositions({{}, {0}, {1}, {0}, {2, 3}}),
              UnorderedElementsAre(Subgraph{1, 2}, Subgraph{1, 2, 3}, Subgraph{0, 1, 2, 3, 4}));
}

TEST(SeriesParallel, AShortCutIsParallelToWhatItPasses) {
  // 0-1-2-3 with an edge from 0 to 2, as a residual block.
  EXPECT_THAT(compositions({{}, {0}, {1, 0}, {2}}), UnorderedElementsAre(Subgraph{0, 1, 2, 3}));
}

TEST(SeriesParallel, NestedForks) {
  // 0 forks to 1 and 2; 1 forks to 3 and 4, joined in 5; 2 and 5 join in 6.
  EXPECT_THAT(compositions({{}, {0}, {0}, {1}, {1}, {3, 4}, {2, 5}}),
              UnorderedElementsAre(Subgraph{3, 4}, Subgraph{1, 3, 4, 5}, Subgraph{1, 2, 3, 4, 5},
                                   Subgraph{0, 1, 2, 3, 4, 5, 6}));
}

TEST(SeriesParallel, AGraphThatIsNotBecomesAForest) {
  // The N: 2 and 3 both read 0, 3 reads 1 as well. One edge is cut, and two chains are left.
  EXPECT_THAT(compositions({{}, {}, {0}, {0, 1}}),
              UnorderedElementsAre(testing::_, testing::_, Subgraph{0, 1, 2, 3}));
}

TEST(SeriesParallel, RandomGraphsAreTakenApartWholly) {
  Random random(51);
  int forests = 0;
  for (int i = 0; i < 500; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    const System system = test::random_system(random, test::random_description(random, 1));
    const Problem problem(workload, system);
    const auto subgraphs = series_parallel_subgraphs(problem);
    std::set<Subgraph> known;
    for (const Subgraph& subgraph : subgraphs) {
      ASSERT_FALSE(subgraph.empty());
      ASSERT_TRUE(std::is_sorted(subgraph.begin(), subgraph.end()));
      ASSERT_EQ(std::adjacent_find(subgraph.begin(), subgraph.end()), subgraph.end());
      ASSERT_TRUE(known.insert(subgraph).second) << "each once";
    }
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer)
      ASSERT_EQ(subgraphs[layer], Subgraph{layer}) << "single layers first";
    // Trees: two subgraphs hold each other, or nothing in common.
    for (const Subgraph& a : subgraphs) {
      for (const Subgraph& b : subgraphs) {
        Subgraph both;
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
        ASSERT_TRUE(both.empty() || both == a || both == b) << "case " << i;
      }
    }
    Subgraph all;
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) all.push_back(layer);
    forests += known.contains(all) ? 0 : 1;
  }
  EXPECT_GT(forests, 10) << "some graphs are meant not to be series-parallel";
}

}  // namespace
}  // namespace h2h
