// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// The stages of a layer, in order: weights, inputs, computation, output (serial execution, section 4.1).
enum class Stage : std::uint8_t { weights, input, compute, output };
std::string_view to_string(Stage stage);

/// One transfer or computation.
struct Activity {
  static constexpr TensorIndex kNoTensor = std::numeric_limits<TensorIndex>::max();

  LayerIndex layer = 0;
  Stage stage = Stage::compute;
  TensorIndex tensor = kNoTensor;  ///< of an input
  std::int64_t bytes = 0;          ///< of a transfer
  double start_s = 0;
  double end_s = 0;

  double seconds() const { return end_s - start_s; }
};

/// When everything happens: what both evaluators make of a mapping.
class Schedule {
 public:
  /// The activities that a mapping comes down to, without times: no transfer for what is pinned, fused or
  /// empty.
  Schedule(const Problem& problem, const Mapping& mapping);

  /// Activities of a layer in their order; there is always a computation.
  std::span<const Activity> of(LayerIndex layer) const {
    return {activities_.data() + first_[layer], activities_.data() + first_[layer + 1]};
  }
  std::span<Activity> of(LayerIndex layer) {
    return {activities_.data() + first_[layer], activities_.data() + first_[layer + 1]};
  }
  std::span<const Activity> activities() const { return activities_; }
  std::span<Activity> activities() { return activities_; }
  std::uint32_t first_activity(LayerIndex layer) const { return first_[layer]; }

  double start_s(LayerIndex layer) const { return of(layer).front().start_s; }
  double end_s(LayerIndex layer) const { return of(layer).back().end_s; }
  /// Seconds of a layer in one stage.
  double stage_s(LayerIndex layer, Stage stage) const;
  /// End of the last activity.
  double latency_s() const;

 private:
  std::vector<Activity> activities_;  ///< grouped by layer, in file order
  std::vector<std::uint32_t> first_;
};

/// The links that a transfer crosses.
std::span<const LinkIndex> links_of(const Problem& problem, const Mapping& mapping, const Activity& activity);

}  // namespace h2h
