// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// Which weights go first when those of layers that do not run, or run elsewhere, no longer fit beside those
/// that are needed.
enum class Eviction : std::uint8_t {
  lru,            ///< that were not used for longest
  largest,        ///< the most bytes
  least_valuable  ///< that have saved the least transfer time so far, for each byte
};
std::string_view to_string(Eviction eviction);
inline constexpr std::array kEvictions = {Eviction::lru, Eviction::largest, Eviction::least_valuable};

/// Weights in the local DRAM of the accelerators while mappings come and go: those that the mapping of the
/// day pins, and beside them what earlier ones left there, while there is room. Weights are known by the name
/// of their layer, so that workloads may differ.
class WeightStore {
 public:
  struct Weights {
    std::string layer;
    std::int64_t bytes = 0;
    double load_s = 0;            ///< what bringing them takes, on an idle network
    bool in_use = false;          ///< the mapping of the day pins them
    bool is_new = false;          ///< no frame has run with them yet: the first brings them
    std::size_t last_frame = 0;   ///< that ran with them, counted over all that ran
    std::size_t frames_used = 0;  ///< that ran with them and did not have to bring them

    /// Transfer time that they have saved so far, for each byte.
    double value() const { return static_cast<double>(frames_used) * load_s / static_cast<double>(bytes); }
  };

  /// What a new mapping changes.
  struct Change {
    std::vector<char> loads;        ///< by layer: pinned and not there yet
    std::int64_t loaded_bytes = 0;  ///< of these
    std::int64_t reused_bytes = 0;  ///< pinned, and there already
    std::int64_t idle_bytes = 0;    ///< not pinned, and kept
    std::int64_t evicted_bytes = 0;
    double loaded_s = 0;  ///< transfers alone, one after the other
    double loaded_J = 0;  ///< active power times that
  };

  WeightStore(AcceleratorIndex accelerators, Eviction eviction) : eviction_(eviction), held_(accelerators) {}

  /// By layer: the accelerator where its weights lie, of several the one that ran it last; or Problem::kHost.
  std::vector<AcceleratorIndex> places(const Problem& problem) const;

  /// Takes a mapping's pinned weights in. What else there is stays if it fits into the weight budget, and
  /// beside the mapping's fused tensors into the DRAM: the most worth keeping first, each that still fits.
  Change adopt(const Problem& problem, const Mapping& mapping);

  /// What was adopted last is there before a frame runs: nothing has to be brought.
  void settle();

  /// Lets frames run with the mapping adopted last; the first of them brings what that loads.
  void run(std::size_t frames);

  /// What lies on an accelerator, the longest there first.
  const std::vector<Weights>& on(AcceleratorIndex accelerator) const { return held_[accelerator]; }
  std::int64_t bytes_on(AcceleratorIndex accelerator) const;

 private:
  void take_in(const Problem& problem, const Mapping& mapping, AcceleratorIndex accelerator, Change& change);
  void evict(const Problem& problem, const Mapping& mapping, AcceleratorIndex accelerator, Change& change);
  bool is_worth_more(const Weights& a, const Weights& b) const;

  Eviction eviction_;
  std::vector<std::vector<Weights>> held_;  ///< by accelerator
  std::size_t frames_run_ = 0;
};

}  // namespace h2h
