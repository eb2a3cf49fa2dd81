// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/activity_order.hpp>

#include <limits>
#include <utility>

namespace h2h {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// What an activity waits for: another one of the frame, or what the frames before did on a lane.
struct Point {
  std::uint32_t activity = kNone;
  std::uint32_t lane = 0;
  std::uint32_t back = 0;
};

/// What has been done on a lane so far.
class Lane {
 public:
  explicit Lane(std::uint32_t number)
      : number_(number), last_{kNone, number, 0}, before_last_{kNone, number, 1} {}

  const Point& last() const { return last_; }
  const Point& before_last() const { return before_last_; }

  void add(std::uint32_t activity) {
    before_last_ = last_;
    last_ = {activity};
  }

  void hand_over(std::vector<FrameOrder::Tail>& tails) const {
    for (const Point& point : {before_last_, last_}) {
      if (point.activity != kNone) tails.push_back({number_, point.activity});
    }
  }

 private:
  std::uint32_t number_;
  Point last_;
  Point before_last_;
};

/// Puts the activities of one schedule in order.
class Ordering {
 public:
  Ordering(const Problem& problem, const Mapping& mapping, const Schedule& schedule)
      : problem_(problem), mapping_(mapping), schedule_(schedule) {
    const std::size_t activities = schedule.activities().size();
    order_.inside.first.reserve(activities + 1);
    order_.inside.before.reserve(activities + problem.tensors());
  }

  FrameOrder serial() {
    std::vector<Point> before(problem_.layers());
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) {
      Lane lane(a);
      for (const LayerIndex layer : mapping_.order[a]) {
        before[layer] = lane.last();
        lane.add(last(layer));
      }
      lane.hand_over(order_.tails);
    }
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      wait_for(before[layer]);
      for (const TensorIndex tensor : problem_.inputs(layer)) wait_for_tensor(tensor);
      end_list();
      for (std::uint32_t i = schedule_.first_activity(layer) + 1; i <= last(layer); ++i) {
        wait_for(i - 1);
        end_list();
      }
    }
    return std::move(order_);
  }

  FrameOrder overlapped() {
    const std::vector<Before> all_before = walk_lanes();
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      const Before& before = all_before[layer];
      const std::uint32_t computation = schedule_.computation(layer);
      Point down = before.down;
      for (std::uint32_t i = schedule_.first_activity(layer); i < computation; ++i) {
        wait_for(down);
        // The layer before has begun to compute when all is there, which has come down by then, and when the
        // one before that has computed.
        if (i == schedule_.first_activity(layer)) wait_for(before.computed_earlier);
        const Activity& activity = schedule_.activities()[i];
        if (activity.stage == Stage::input) wait_for_tensor(activity.tensor);
        end_list();
        down = {i};
      }
      // A fused producer is a layer before on the same accelerator.
      wait_for(down);
      wait_for(before.computed);
      end_list();
      if (computation == last(layer)) continue;
      wait_for(computation);
      wait_for(before.up);
      end_list();
    }
    return std::move(order_);
  }

 private:
  /// What was done last on the lanes of a layer's accelerator before it.
  struct Before {
    Point down;
    Point computed;
    Point computed_earlier;
    Point up;
  };

  std::uint32_t last(LayerIndex layer) const {
    return schedule_.first_activity(layer) + static_cast<std::uint32_t>(schedule_.of(layer).size()) - 1;
  }
  /// The activity whose list is being made.
  std::uint32_t current() const { return static_cast<std::uint32_t>(order_.inside.first.size()) - 1; }
  void wait_for(std::uint32_t activity) { order_.inside.before.push_back(activity); }
  void wait_for(const Point& point) {
    if (point.activity != kNone) {
      wait_for(point.activity);
    } else {
      order_.heads.push_back({current(), point.lane, point.back});
    }
  }
  /// Until it exists: it is made, or also stored where it is read from the host.
  void wait_for_tensor(TensorIndex tensor) {
    const LayerIndex producer = problem_.tensor(tensor).producer;
    if (producer == Tensor::kNetworkInput) {
      order_.arrivals.push_back(current());
      return;
    }
    const bool stored =
        mapping_.fused[tensor] == 0 && source_of(problem_, mapping_, tensor) == Problem::kHost;
    wait_for(stored ? last(producer) : schedule_.computation(producer));
  }
  void end_list() { order_.inside.first.push_back(static_cast<std::uint32_t>(order_.inside.before.size())); }

  /// By layer. What the frame leaves on the lanes goes into the order.
  std::vector<Before> walk_lanes() {
    std::vector<Before> before(problem_.layers());
    constexpr std::uint32_t kLanes = 3;
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) {
      Lane down(kLanes * a);
      Lane computed(kLanes * a + 1);
      Lane up(kLanes * a + 2);
      for (const LayerIndex layer : mapping_.order[a]) {
        before[layer] = {down.last(), computed.last(), computed.before_last(), up.last()};
        const std::uint32_t computation = schedule_.computation(layer);
        if (computation > schedule_.first_activity(layer)) down.add(computation - 1);
        computed.add(computation);
        if (computation < last(layer)) up.add(last(layer));
      }
      for (const Lane& lane : {down, computed, up}) lane.hand_over(order_.tails);
    }
    return before;
  }

  const Problem& problem_;
  const Mapping& mapping_;
  const Schedule& schedule_;
  FrameOrder order_;
};

}  // namespace

FrameOrder frame_order_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  Ordering ordering(problem, mapping, schedule);
  return schedule.execution() == Execution::serial ? ordering.serial() : ordering.overlapped();
}

ActivityOrder order_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  return frame_order_of(problem, mapping, schedule).inside;
}

}  // namespace h2h
