// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// How an accelerator runs its layers.
enum class Execution : std::uint8_t {
  serial,  ///< one layer after the other, its transfers and computation one after the other (section 4.1)
  overlap  ///< transfers down, computations and transfers up side by side, each in order
};
std::string_view to_string(Execution execution);

/// The stages of a layer, in order: weights, inputs, computation, output.
enum class Stage : std::uint8_t { weights, input, compute, output };
std::string_view to_string(Stage stage);

/// One transfer or computation.
struct Activity {
  static constexpr TensorIndex kNoTensor = std::numeric_limits<TensorIndex>::max();

  LayerIndex layer = 0;
  Stage stage = Stage::compute;
  TensorIndex tensor = kNoTensor;            ///< of an input
  std::int64_t bytes = 0;                    ///< of a transfer
  AcceleratorIndex source = Problem::kHost;  ///< of an input: the accelerator that it comes from, or kHost
  double start_s = 0;
  double end_s = 0;

  double seconds() const { return end_s - start_s; }
};

/// When everything happens: what both evaluators make of a mapping.
class Schedule {
 public:
  /// The activities that a mapping comes down to, without times: no transfer for what is pinned, fused or
  /// empty.
  Schedule(const Problem& problem, const Mapping& mapping, Execution execution = Execution::serial);

  Execution execution() const { return execution_; }

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
  /// The position of a layer's computation among all activities.
  std::uint32_t computation(LayerIndex layer) const {
    const std::uint32_t last = first_[layer + 1] - 1;
    return activities_[last].stage == Stage::compute ? last : last - 1;
  }
  /// Seconds of a layer in one stage.
  double stage_s(LayerIndex layer, Stage stage) const;
  /// End of the last activity.
  double latency_s() const;

 private:
  Execution execution_;
  std::vector<Activity> activities_;  ///< grouped by layer, in file order
  std::vector<std::uint32_t> first_;
};

/// Seconds of an activity while it has its route for itself.
double alone_s(const Problem& problem, const Mapping& mapping, const Activity& activity);

/// The links that a transfer crosses.
std::span<const LinkIndex> links_of(const Problem& problem, const Mapping& mapping, const Activity& activity);

}  // namespace h2h
