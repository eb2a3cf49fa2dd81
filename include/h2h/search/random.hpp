// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>

namespace h2h {

/// The random numbers of a search: Boost's, because the distributions of the standard library differ from one
/// library to the next.
using Random = boost::random::mt19937;

/// Different seeds for every part of a search and every chain of a part, all from one: those of a part's
/// chains follow one another.
constexpr std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t part, std::uint64_t chain) {
  constexpr std::uint64_t kChains = 1U << 16U;
  constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio
  return (seed + 1) * kSpread + part * kChains + chain;
}

/// Numbers from a seed of which all bits count, though the generator takes 32.
inline Random random_from(std::uint64_t seed) {
  return Random(static_cast<std::uint32_t>(seed ^ (seed >> 32U)));
}

/// A whole number from 0 up to, not including, @p count.
inline std::uint32_t draw_below(Random& random, std::uint32_t count) {
  return boost::random::uniform_int_distribution<std::uint32_t>(0, count - 1)(random);
}
/// A number of [0, 1).
inline double draw_unit(Random& random) {
  return boost::random::uniform_01<double>()(random);
}
inline bool draw_chance(Random& random, double probability) {
  return draw_unit(random) < probability;
}
/// One of some. @pre not empty
template <typename Item>
const Item& draw_one(Random& random, std::span<const Item> items) {
  return items[draw_below(random, static_cast<std::uint32_t>(items.size()))];
}

}  // namespace h2h
