// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/activity_order.hpp>

#include <limits>
#include <utility>

namespace h2h {
namespace {

/// Puts the activities of one schedule in order.
class Ordering {
 public:
  Ordering(const Problem& problem, const Mapping& mapping, const Schedule& schedule)
      : problem_(problem), mapping_(mapping), schedule_(schedule), previous_(problem.layers(), kNone) {
    for (const auto& order : mapping.order) {
      for (std::size_t i = 1; i < order.size(); ++i) previous_[order[i]] = order[i - 1];
    }
    const std::size_t activities = schedule.activities().size();
    order_.first.reserve(activities + 1);
    order_.before.reserve(activities + problem.tensors());
  }

  ActivityOrder serial() {
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (previous_[layer] != kNone) wait_for(last(previous_[layer]));
      for (const TensorIndex tensor : problem_.inputs(layer)) wait_for_tensor(tensor);
      end_list();
      for (std::uint32_t i = schedule_.first_activity(layer) + 1; i <= last(layer); ++i) {
        wait_for(i - 1);
        end_list();
      }
    }
    return std::move(order_);
  }

  ActivityOrder overlapped() {
    find_lanes();
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      const LayerIndex previous = previous_[layer];
      const std::uint32_t computation = schedule_.computation(layer);
      std::uint32_t down = down_before_[layer];
      for (std::uint32_t i = schedule_.first_activity(layer); i < computation; ++i) {
        wait_for(down);
        // The layer before has begun to compute when all is there, which has come down by then, and when the
        // one before that has computed.
        if (i == schedule_.first_activity(layer) && previous != kNone && previous_[previous] != kNone)
          wait_for(schedule_.computation(previous_[previous]));
        const Activity& activity = schedule_.activities()[i];
        if (activity.stage == Stage::input) wait_for_tensor(activity.tensor);
        end_list();
        down = i;
      }
      // A fused producer is a layer before on the same accelerator.
      wait_for(down);
      if (previous != kNone) wait_for(schedule_.computation(previous));
      end_list();
      if (computation == last(layer)) continue;
      wait_for(computation);
      wait_for(up_before_[layer]);
      end_list();
    }
    return std::move(order_);
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t last(LayerIndex layer) const {
    return schedule_.first_activity(layer) + static_cast<std::uint32_t>(schedule_.of(layer).size()) - 1;
  }
  void wait_for(std::uint32_t activity) {
    if (activity != kNone) order_.before.push_back(activity);
  }
  /// Until it exists: it is made, or also stored where it is read from the host.
  void wait_for_tensor(TensorIndex tensor) {
    const LayerIndex producer = problem_.tensor(tensor).producer;
    if (producer == Tensor::kNetworkInput) return;
    const bool stored =
        mapping_.fused[tensor] == 0 && source_of(problem_, mapping_, tensor) == Problem::kHost;
    wait_for(stored ? last(producer) : schedule_.computation(producer));
  }
  void end_list() { order_.first.push_back(static_cast<std::uint32_t>(order_.before.size())); }

  /// The last transfer down and up on the layer's accelerator before it.
  void find_lanes() {
    down_before_.assign(problem_.layers(), kNone);
    up_before_.assign(problem_.layers(), kNone);
    for (const auto& order : mapping_.order) {
      std::uint32_t down = kNone;
      std::uint32_t up = kNone;
      for (const LayerIndex layer : order) {
        down_before_[layer] = down;
        up_before_[layer] = up;
        const std::uint32_t computation = schedule_.computation(layer);
        if (computation > schedule_.first_activity(layer)) down = computation - 1;
        if (computation < last(layer)) up = last(layer);
      }
    }
  }

  const Problem& problem_;
  const Mapping& mapping_;
  const Schedule& schedule_;
  ActivityOrder order_;
  std::vector<LayerIndex> previous_;  ///< by layer: the one before it on its accelerator
  std::vector<std::uint32_t> down_before_;
  std::vector<std::uint32_t> up_before_;
};

}  // namespace

ActivityOrder order_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  Ordering ordering(problem, mapping, schedule);
  return schedule.execution() == Execution::serial ? ordering.serial() : ordering.overlapped();
}

}  // namespace h2h
