// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapping/knapsack.hpp>

#include <algorithm>
#include <numeric>

namespace h2h {
namespace {

constexpr std::int64_t kWordBits = 64;

/// Items of one size.
struct Group {
  std::int64_t size;
  std::vector<std::size_t> items;
  std::int64_t rest = 0;  ///< size of all groups from here on
};

/// Depth-first over groups of equal items from the largest down. A branch ends where not even everything left
/// would beat the best, the search where the best cannot be beaten.
class Search {
 public:
  Search(std::span<const std::int64_t> sizes, std::int64_t capacity) : capacity_(capacity) {
    std::vector<std::size_t> order(sizes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
    std::int64_t divisor = 0;
    for (const std::size_t item : order) {
      if (groups_.empty() || groups_.back().size != sizes[item]) groups_.push_back({sizes[item], {}});
      groups_.back().items.push_back(item);
      divisor = std::gcd(divisor, sizes[item]);
    }
    std::int64_t rest = 0;
    for (auto group = groups_.rbegin(); group != groups_.rend(); ++group) {
      rest += group->size * static_cast<std::int64_t>(group->items.size());
      group->rest = rest;
    }
    unbeatable_ = divisor == 0 ? 0 : std::min(rest, capacity / divisor * divisor);
    counts_.resize(groups_.size());
    totals_.resize(groups_.size() + 1);
    best_counts_ = counts_;
  }

  /// On a stack of its own: there may be as many groups as layers.
  /// @returns whether the search came to its end
  bool run(std::uint64_t node_limit) {
    std::size_t group = 0;
    agree_ = 0;
    bool entered = enter(group);
    for (;;) {
      if (best_ == unbeatable_) return true;
      if (!entered || counts_[group] == 0) {
        if (group == 0) return true;
        --group;
        entered = true;
        continue;
      }
      if (node_limit == 0) return false;
      --node_limit;
      --counts_[group];
      agree_ = std::min(agree_, group);
      totals_[group + 1] = totals_[group] + counts_[group] * groups_[group].size;
      entered = enter(++group);
    }
  }

  KnapsackChoice choice(std::size_t items) const {
    KnapsackChoice result;
    result.taken.assign(items, 0);
    result.total = best_;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::int64_t i = 0; i < best_counts_[g]; ++i)
        result.taken[groups_[g].items[static_cast<std::size_t>(i)]] = 1;
    }
    return result;
  }

 private:
  /// Judges what is chosen above a group. @returns whether the groups from here on can add enough to it
  bool enter(std::size_t group) {
    const std::int64_t total = totals_[group];
    if (total > best_) keep(group);
    if (group == groups_.size() || total + groups_[group].rest <= best_) return false;
    const Group& here = groups_[group];
    // One more than the first count, as the search counts down before it looks.
    counts_[group] =
        std::min(static_cast<std::int64_t>(here.items.size()), (capacity_ - total) / here.size) + 1;
    return true;
  }

  /// Keeps the counts above a group as the best. On the way down one improvement extends the other, so only
  /// what has changed is copied.
  void keep(std::size_t group) {
    best_ = totals_[group];
    const auto at = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
    if (agree_ < group)
      std::copy(counts_.begin() + at(agree_), counts_.begin() + at(group), best_counts_.begin() + at(agree_));
    if (group < kept_) std::fill(best_counts_.begin() + at(group), best_counts_.begin() + at(kept_), 0);
    agree_ = kept_ = group;
  }

  std::int64_t capacity_;
  std::vector<Group> groups_;
  std::vector<std::int64_t> counts_;  ///< by group: items taken
  std::vector<std::int64_t> totals_;  ///< by group: size of what is taken above
  std::vector<std::int64_t> best_counts_;
  std::size_t agree_ = 0;  ///< so many counts are those of the best
  std::size_t kept_ = 0;   ///< the best takes nothing from here on
  std::int64_t best_ = 0;
  std::int64_t unbeatable_ = 0;
};

}  // namespace

KnapsackChoice heaviest_subset_by_table(std::span<const std::int64_t> sizes, std::int64_t capacity) {
  // reachable[i]: the sums that the first i items can make, a bit a sum.
  const auto words = static_cast<std::size_t>(capacity / kWordBits + 1);
  std::vector<std::vector<std::uint64_t>> reachable(sizes.size() + 1, std::vector<std::uint64_t>(words));
  reachable[0][0] = 1;
  const auto has = [&](std::size_t row, std::int64_t sum) {
    return sum >= 0 &&
           (reachable[row][static_cast<std::size_t>(sum / kWordBits)] >> (sum % kWordBits) & 1U) != 0;
  };
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::vector<std::uint64_t>& without = reachable[i];
    std::vector<std::uint64_t>& with = reachable[i + 1];
    with = without;
    if (sizes[i] > capacity) continue;
    const auto shift_words = static_cast<std::size_t>(sizes[i] / kWordBits);
    const auto shift_bits = static_cast<unsigned>(sizes[i] % kWordBits);
    for (std::size_t w = shift_words; w < words; ++w) {
      with[w] |= without[w - shift_words] << shift_bits;
      if (shift_bits != 0 && w > shift_words)
        with[w] |= without[w - shift_words - 1] >> (kWordBits - shift_bits);
    }
  }
  KnapsackChoice result;
  result.taken.assign(sizes.size(), 0);
  std::int64_t sum = capacity;
  while (!has(sizes.size(), sum)) --sum;
  result.total = sum;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    if (has(i, sum)) continue;
    result.taken[i] = 1;
    sum -= sizes[i];
  }
  return result;
}

KnapsackChoice heaviest_subset(std::span<const std::int64_t> sizes, std::int64_t capacity,
                               std::uint64_t node_limit) {
  Search search(sizes, capacity);
  constexpr std::uint64_t kQuickNodes = 4096;  // about what a small table costs
  const bool quick = search.run(std::min(kQuickNodes, node_limit));
  if (quick) return search.choice(sizes.size());

  std::int64_t divisor = 0;
  for (const std::int64_t size : sizes) divisor = std::gcd(divisor, size);
  constexpr std::int64_t kLargestTable = std::int64_t{1} << 30U;  // bits
  const std::int64_t units = capacity / divisor;
  if (units < kLargestTable / static_cast<std::int64_t>(sizes.size() + 1)) {
    std::vector<std::int64_t> scaled(sizes.begin(), sizes.end());
    for (std::int64_t& size : scaled) size /= divisor;
    KnapsackChoice result = heaviest_subset_by_table(scaled, units);
    result.total *= divisor;
    return result;
  }
  const bool finished = search.run(node_limit);
  KnapsackChoice result = search.choice(sizes.size());
  result.exact = finished;
  return result;
}

}  // namespace h2h
