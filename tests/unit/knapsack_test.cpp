// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapping/knapsack.hpp>

#include "support/random.hpp"

namespace h2h {
namespace {

using test::chance;
using test::draw;
using testing::ElementsAre;
using Sizes = std::vector<std::int64_t>;

/// The heaviest subset that fits, by trying all; of equally heavy ones the one that leaves out the last item
/// in which they differ.
std::vector<char> brute_force(const Sizes& sizes, std::int64_t capacity) {
  std::uint32_t best = 0;
  std::int64_t best_total = 0;
  // A subset as a number, the last item as the highest bit: the smallest of equally heavy ones is the wanted
  // one.
  for (std::uint32_t subset = 0; subset < (1U << sizes.size()); ++subset) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) total += (subset >> i & 1U) != 0 ? sizes[i] : 0;
    if (total <= capacity && total > best_total) {
      best = subset;
      best_total = total;
    }
  }
  std::vector<char> taken(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) taken[i] = static_cast<char>(best >> i & 1U);
  return taken;
}

std::int64_t total_of(const Sizes& sizes, const std::vector<char>& taken) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) total += taken[i] != 0 ? sizes[i] : 0;
  return total;
}

Sizes random_sizes(test::Random& random) {
  Sizes sizes(static_cast<std::size_t>(draw(random, 0, 12)));
  const std::int64_t largest = draw(random, 0, 2) == 0 ? 3 : 200;  // 3: many equal ones
  const std::int64_t unit = chance(random, 0.3) ? 1000 : 1;
  for (std::int64_t& size : sizes) size = draw(random, 1, largest) * unit;
  return sizes;
}

TEST(Knapsack, EqualsBruteForce) {
  test::Random random(21);
  for (int i = 0; i < 4000; ++i) {
    const Sizes sizes = random_sizes(random);
    const std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    const std::int64_t capacity = draw(random, 0, sum + 2);
    const KnapsackChoice choice = heaviest_subset(sizes, capacity);
    ASSERT_EQ(choice.taken.size(), sizes.size());
    ASSERT_TRUE(choice.exact) << "case " << i;
    ASSERT_EQ(choice.total, total_of(sizes, choice.taken)) << "case " << i;
    ASSERT_LE(choice.total, capacity) << "case " << i;
    ASSERT_EQ(choice.total, total_of(sizes, brute_force(sizes, capacity))) << "case " << i;
  }
}

TEST(Knapsack, TheTableEqualsBruteForceAndLeavesLaterItemsOut) {
  test::Random random(22);
  for (int i = 0; i < 4000; ++i) {
    Sizes sizes = random_sizes(random);
    for (std::int64_t& size : sizes) size = chance(random, 0.1) ? 0 : size;
    const std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    const std::int64_t capacity = draw(random, 0, sum + 2);
    const KnapsackChoice choice = heaviest_subset_by_table(sizes, capacity);
    ASSERT_EQ(choice.taken, brute_force(sizes, capacity)) << "case " << i;
    ASSERT_EQ(choice.total, total_of(sizes, choice.taken)) << "case " << i;
    ASSERT_TRUE(choice.exact);
  }
}

TEST(Knapsack, TheTablesTieRuleByHand) {
  // 3 + 3, 1 + 5 and 6 all fill it; the last item is left out, then the one before it.
  EXPECT_THAT(heaviest_subset_by_table(Sizes{3, 1, 3, 5, 6}, 6).taken, ElementsAre(1, 0, 1, 0, 0));
  EXPECT_THAT(heaviest_subset_by_table(Sizes{4, 4, 4}, 9).taken, ElementsAre(1, 1, 0));
  EXPECT_THAT(heaviest_subset_by_table(Sizes{6, 3, 3}, 6).taken, ElementsAre(1, 0, 0));
}

TEST(Knapsack, EdgesOfItems) {
  for (const auto solve :
       {+[](const Sizes& sizes, std::int64_t capacity) { return heaviest_subset(sizes, capacity); },
        +[](const Sizes& sizes, std::int64_t capacity) {
          return heaviest_subset_by_table(sizes, capacity);
        }}) {
    EXPECT_TRUE(solve({}, 10).taken.empty());
    EXPECT_EQ(solve({}, 10).total, 0);
    EXPECT_THAT(solve({5, 7}, 0).taken, ElementsAre(0, 0));
    EXPECT_THAT(solve({5, 7}, 4).taken, ElementsAre(0, 0));
    EXPECT_THAT(solve({5, 7}, 5).taken, ElementsAre(1, 0));
    EXPECT_THAT(solve({5, 7}, 12).taken, ElementsAre(1, 1));
    EXPECT_EQ(solve({0, 0, 7}, 7).total, 7) << "items of no size do no harm";
    EXPECT_EQ(solve({0, 0}, 0).total, 0);
    EXPECT_EQ(solve({64, 63, 1}, 64).total, 64) << "across the words of a bit set";
    EXPECT_EQ(solve({127, 130, 65}, 192).total, 192);
  }
}

TEST(Knapsack, HugeSizes) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 50U;
  // The table over 2^50 / 2^48 units is tiny.
  EXPECT_THAT(heaviest_subset(Sizes{kHuge, kHuge / 2, kHuge / 4, kHuge / 4}, kHuge - 1).total, kHuge / 4 * 3);
  // Sizes without a common divisor: only the search can tell.
  const Sizes odd = {kHuge + 1, kHuge / 2 + 3, kHuge / 2 - 5, kHuge / 3};
  const KnapsackChoice choice = heaviest_subset(odd, kHuge);
  EXPECT_EQ(choice.total, kHuge - 2);
  EXPECT_THAT(choice.taken, ElementsAre(0, 1, 1, 0));
  EXPECT_TRUE(choice.exact);
}

TEST(Knapsack, ManyItemsOfFewSizesAreExact) {
  // 150 layers of five sizes, as residual networks have: far beyond brute force. The gaps can be filled
  // exactly.
  Sizes sizes;
  for (int i = 0; i < 150; ++i)
    sizes.push_back(Sizes{4096, 16384, 65536, 147456, 589824}[static_cast<std::size_t>(i % 5)]);
  const KnapsackChoice choice = heaviest_subset(sizes, 10000 * 4096);
  EXPECT_TRUE(choice.exact);
  EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}), 30 * 201 * 4096)
      << "all together are less";
  EXPECT_EQ(choice.total, 30 * 201 * 4096);
  EXPECT_EQ(heaviest_subset(sizes, 3001 * 4096 + 4095).total, 3001 * 4096);
}

TEST(Knapsack, WhereTheTimeRunsOutItSaysSo) {
  // Large odd sizes that no common divisor makes small; the capacity cannot be met exactly.
  test::Random random(23);
  Sizes sizes;
  for (int i = 0; i < 60; ++i)
    sizes.push_back((draw(random, std::int64_t{1} << 40U, std::int64_t{1} << 41U) | 1) * 2);
  const std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  const KnapsackChoice choice = heaviest_subset(sizes, sum / 2 | 1, 1000);
  EXPECT_FALSE(choice.exact);
  EXPECT_EQ(choice.total, total_of(sizes, choice.taken));
  EXPECT_LE(choice.total, sum / 2 + 1);
  EXPECT_GT(choice.total, sum / 2 - (std::int64_t{1} << 41U)) << "no further item would fit, or nearly";
}

TEST(Knapsack, ATableTakesOverWhereTheSearchIsSlow) {
  // Ten nodes do not even reach the bottom of the search; the sizes are small enough for a table.
  Sizes sizes;
  for (int i = 0; i < 40; ++i) sizes.push_back(1000 + 2 * (i * i % 37));
  const std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  const KnapsackChoice choice = heaviest_subset(sizes, sum / 2, 10);
  EXPECT_TRUE(choice.exact);
  EXPECT_EQ(choice.total, heaviest_subset_by_table(sizes, sum / 2).total);
}

TEST(Knapsack, ManySizesNeedNoDeepStack) {
  Sizes sizes(300000);
  std::iota(sizes.begin(), sizes.end(), std::int64_t{1});
  const std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  const KnapsackChoice choice = heaviest_subset(sizes, sum - 1);
  EXPECT_EQ(choice.total, sum - 1);
  EXPECT_EQ(choice.taken[0], 0) << "all but the smallest";
  EXPECT_EQ(std::count(choice.taken.begin(), choice.taken.end(), 1), 299999);
}

}  // namespace
}  // namespace h2h
