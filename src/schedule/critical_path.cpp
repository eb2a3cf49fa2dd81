// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/critical_path.hpp>

#include <algorithm>
#include <limits>

#include <h2h/schedule/activity_order.hpp>

namespace h2h {
namespace {

/// The path from its end to its beginning: each activity starts at the end of what it waited for last.
class Backwards {
 public:
  Backwards(const Problem& problem, const Mapping& mapping, const Schedule& schedule)
      : problem_(problem),
        mapping_(mapping),
        activities_(schedule.activities()),
        order_(order_of(problem, mapping, schedule)) {}

  /// @returns the stretches in order of time
  std::vector<Stretch> follow() const {
    const auto ends_before = [](const Activity& a, const Activity& b) { return a.end_s < b.end_s; };
    std::uint32_t at = static_cast<std::uint32_t>(
        std::max_element(activities_.begin(), activities_.end(), ends_before) - activities_.begin());
    std::vector<Stretch> stretches;
    while (at != kNone) {
      Stretch stretch;
      stretch.activity = activities_[at];
      stretch.accelerator = mapping_.accelerator[stretch.activity.layer];
      stretch.alone_s = stretch.seconds();
      if (stretch.activity.stage != Stage::compute)
        stretch.alone_s = std::min(stretch.alone_s, alone_s(problem_, mapping_, stretch.activity));
      at = enter(at, stretch);
      stretches.push_back(stretch);
    }
    std::reverse(stretches.begin(), stretches.end());
    return stretches;
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// Whether a tensor that the layer reads exists by this activity: it is made, or also stored where it is
  /// read from the host.
  bool needs(LayerIndex layer, const Activity& activity) const {
    const auto tensors = problem_.inputs(layer);
    return std::any_of(tensors.begin(), tensors.end(), [&](TensorIndex tensor) {
      if (problem_.tensor(tensor).producer != activity.layer) return false;
      const bool stored =
          mapping_.fused[tensor] == 0 && source_of(problem_, mapping_, tensor) == Problem::kHost;
      return stored || activity.stage == Stage::compute;
    });
  }

  /// Says of a stretch why it began. @returns what it waited for last
  std::uint32_t enter(std::uint32_t at, Stretch& stretch) const {
    const LayerIndex layer = stretch.activity.layer;
    std::uint32_t needed = kNone;      // of its own layer, or of one that it reads
    std::uint32_t in_the_way = kNone;  // of another layer on its accelerator
    for (const std::uint32_t before : order_.of(at)) {
      const LayerIndex other = activities_[before].layer;
      std::uint32_t& last = other == layer || needs(layer, activities_[before]) ? needed : in_the_way;
      if (last == kNone || activities_[before].end_s >= activities_[last].end_s) last = before;
    }
    if (needed != kNone) stretch.ready_s = activities_[needed].end_s;
    if (in_the_way != kNone && (needed == kNone || activities_[in_the_way].end_s > stretch.ready_s)) {
      stretch.after = Stretch::After::accelerator;
      stretch.waited_for = activities_[in_the_way].layer;
      return in_the_way;
    }
    if (needed == kNone) return kNone;
    if (activities_[needed].layer == layer) {
      stretch.after = Stretch::After::own_stage;
    } else {
      stretch.after = Stretch::After::input;
      stretch.waited_for = activities_[needed].layer;
    }
    return needed;
  }

  const Problem& problem_;
  const Mapping& mapping_;
  std::span<const Activity> activities_;
  ActivityOrder order_;
};

/// Finds the links that bind transfers: it passes over the schedule once, with what runs at the moment in
/// hand.
class BindingLinks {
 public:
  BindingLinks(const Problem& problem, const Mapping& mapping, const Schedule& schedule)
      : problem_(problem), mapping_(mapping), load_s_(problem.system().links.size()) {
    for (const Activity& activity : schedule.activities()) {
      if (activity.stage != Stage::compute) transfers_.push_back(&activity);
    }
    std::stable_sort(transfers_.begin(), transfers_.end(),
                     [](const Activity* a, const Activity* b) { return a->start_s < b->start_s; });
  }

  /// @pre calls come in order of time
  LinkIndex of(const Activity& transfer) {
    std::erase_if(running_, [&](const Activity* other) { return other->end_s <= transfer.start_s; });
    for (; next_ < transfers_.size() && transfers_[next_]->start_s < transfer.end_s; ++next_) {
      if (transfers_[next_]->end_s > transfer.start_s) running_.push_back(transfers_[next_]);
    }
    const auto route = links_of(problem_, mapping_, transfer);
    if (route.empty()) return Stretch::kNoLink;  // as of a system that was made without SimGrid
    for (const LinkIndex link : route) load_s_[link] = seconds(link, static_cast<double>(transfer.bytes));
    for (const Activity* other : running_) {
      if (other->layer == transfer.layer && other->stage == transfer.stage &&
          other->tensor == transfer.tensor)
        continue;
      const double common_s =
          std::min(other->end_s, transfer.end_s) - std::max(other->start_s, transfer.start_s);
      if (common_s <= 0) continue;
      const double bytes = static_cast<double>(other->bytes) * (common_s / other->seconds());
      for (const LinkIndex link : links_of(problem_, mapping_, *other)) {
        if (std::find(route.begin(), route.end(), link) != route.end() &&
            !problem_.system().links[link].is_fatpipe)
          load_s_[link] += seconds(link, bytes);
      }
    }
    return *std::max_element(route.begin(), route.end(),
                             [&](LinkIndex a, LinkIndex b) { return load_s_[a] < load_s_[b]; });
  }

 private:
  double seconds(LinkIndex link, double bytes) const {
    return bytes / problem_.system().links[link].bandwidth_Bps;
  }

  const Problem& problem_;
  const Mapping& mapping_;
  std::vector<const Activity*> transfers_;  ///< by start
  std::vector<const Activity*> running_;
  std::size_t next_ = 0;
  std::vector<double> load_s_;  ///< by link; of the links of one route at a time
};

/// Adds a share of a stretch to the parts.
void add(PathParts& parts, const Stretch& stretch, double share) {
  const double alone_s = share * stretch.alone_s;
  parts.contention_s += share * stretch.contention_s();
  switch (stretch.activity.stage) {
    case Stage::weights:
      parts.weights_s += alone_s;
      break;
    case Stage::input:
      parts.inputs_s += alone_s;
      break;
    case Stage::compute:
      parts.compute_s += alone_s;
      break;
    case Stage::output:
      parts.outputs_s += alone_s;
      break;
  }
}

}  // namespace

std::string_view to_string(Stretch::After after) {
  switch (after) {
    case Stretch::After::nothing:
      return "nothing";
    case Stretch::After::own_stage:
      return "own stage";
    case Stretch::After::input:
      return "input";
    case Stretch::After::accelerator:
      return "accelerator";
  }
  return "";
}

CriticalPath critical_path(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  CriticalPath path;
  path.stretches = Backwards(problem, mapping, schedule).follow();
  BindingLinks binding(problem, mapping, schedule);
  for (Stretch& stretch : path.stretches) {
    if (stretch.activity.stage != Stage::compute) stretch.link = binding.of(stretch.activity);
    add(path.parts, stretch, 1);
  }
  // From the end: since when some layer of the path that is still to come stands ready. It does until its
  // start, and so throughout the rest of every stretch before.
  double ready_s = std::numeric_limits<double>::infinity();
  for (auto stretch = path.stretches.rbegin(); stretch != path.stretches.rend(); ++stretch) {
    const Activity& activity = stretch->activity;
    stretch->queued_s = std::max(0.0, activity.end_s - std::max(activity.start_s, ready_s));
    if (stretch->queued_s > 0) add(path.queued, *stretch, stretch->queued_s / stretch->seconds());
    if (stretch->after == Stretch::After::accelerator) ready_s = std::min(ready_s, stretch->ready_s);
  }
  return path;
}

}  // namespace h2h
