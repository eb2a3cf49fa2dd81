// SPDX-License-Identifier: Apache-2.0
#include <h2h/scenario/scenario.hpp>

#include <algorithm>
#include <cassert>
#include <iterator>

#include <boost/random/exponential_distribution.hpp>
#include <fmt/format.h>

#include <h2h/base/text.hpp>
#include <h2h/search/random.hpp>

namespace h2h {
namespace {

/// An event at its turn.
struct Turn {
  std::size_t frame;  ///< the first that it concerns, from 0; the number of frames or more: none
  const ScenarioEvent* event;
};

std::size_t frame_at(double time_s, const std::vector<double>& arrivals_s) {
  // Three periods of 300 ms are a bit less than 900 ms.
  constexpr double kRounding = 1e-12;
  const double from_s = time_s * (1 - kRounding);
  return static_cast<std::size_t>(std::lower_bound(arrivals_s.begin(), arrivals_s.end(), from_s) -
                                  arrivals_s.begin());
}

/// @param turn from 0; beyond the events only where they begin again
Turn turn_of(const Scenario& scenario, std::size_t turn, const std::vector<double>& arrivals_s) {
  const ScenarioEvent& event = scenario.events[turn % scenario.events.size()];
  if (scenario.every) return {(turn + 1) * *scenario.every, &event};
  assert(event.frame || event.time_s);
  return {event.frame ? *event.frame - 1 : frame_at(*event.time_s, arrivals_s), &event};
}

/// All that concern a frame, and what is to be checked besides: every event, and of events that begin again
/// two rounds, behind which all others are alike.
std::vector<Turn> turns_of(const Scenario& scenario, const std::vector<double>& arrivals_s) {
  const std::size_t events = scenario.events.size();
  const std::size_t least = scenario.every ? 2 * events : events;
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < least; ++i) turns.push_back(turn_of(scenario, i, arrivals_s));
  while (scenario.every && !turns.empty() && turns.back().frame < arrivals_s.size())
    turns.push_back(turn_of(scenario, turns.size(), arrivals_s));
  return turns;
}

std::string describe_when(const ScenarioEvent& event) {
  return event.frame ? fmt::format("frame {}", *event.frame) : fmt::format("{:g} s", *event.time_s);
}

/// Two frames, and two times, are compared as they stand; a frame and a time by the frames that they concern.
bool is_before(const Turn& a, const Turn& b, std::size_t frames) {
  if (a.event->frame && b.event->frame) return *a.event->frame < *b.event->frame;
  if (a.event->time_s && b.event->time_s) return *a.event->time_s < *b.event->time_s;
  return std::min(a.frame, frames) < std::min(b.frame, frames);
}

void check_order(const std::vector<Turn>& turns, std::size_t frames) {
  for (std::size_t i = 1; i < turns.size(); ++i) {
    if (!is_before(turns[i], turns[i - 1], frames)) continue;
    throw Error(ErrorKind::input, turns[i].event->where,
                fmt::format("the event at {} stands behind one at {}", describe_when(*turns[i].event),
                            describe_when(*turns[i - 1].event)),
                "put events in the order in which they take place");
  }
}

/// Which modalities are on, while events take place.
class Switches {
 public:
  explicit Switches(const std::vector<std::string>& known) : known_(known), on_(known.size()) {}

  /// @param hint how to mend that it is so already
  /// @throws Error (input) with the place for an unknown modality, and for one that is so already
  void set(const std::string& name, bool on, const Location& where, const std::string& hint) {
    const auto found = std::find(known_.begin(), known_.end(), name);
    if (found == known_.end()) {
      throw Error(ErrorKind::input, where, fmt::format("the workload has no modality '{}'", name),
                  suggest(name, known_));
    }
    const auto index = static_cast<std::size_t>(found - known_.begin());
    if (on_[index] == static_cast<char>(on)) {
      throw Error(ErrorKind::input, where,
                  fmt::format("switches '{0}' {1}, which is {1} then", name, on ? "on" : "off"), hint);
    }
    on_[index] = static_cast<char>(on);
  }

  void apply(const ScenarioEvent& event, const std::string& hint) {
    for (const std::string& name : event.on) set(name, true, event.where, hint);
    for (const std::string& name : event.off) set(name, false, event.where, hint);
  }

  /// Those that are on, in the workload's order.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (on_[i] != 0) names.push_back(known_[i]);
    }
    return names;
  }

 private:
  const std::vector<std::string>& known_;
  std::vector<char> on_;
};

}  // namespace

std::vector<ScenarioPhase> phases_of(const Scenario& scenario, const std::vector<std::string>& known,
                                     const std::vector<double>& arrivals_s) {
  assert(!arrivals_s.empty() && std::is_sorted(arrivals_s.begin(), arrivals_s.end()));
  const std::vector<Turn> turns = turns_of(scenario, arrivals_s);
  if (!scenario.every) check_order(turns, arrivals_s.size());
  Switches switches(known);
  for (const std::string& name : scenario.start.value_or(known))
    switches.set(name, true, scenario.start_where, "name it once");
  std::vector<ScenarioPhase> phases = {{0, switches.names(), "", scenario.start_where}};
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const auto& [frame, event] = turns[i];
    switches.apply(*event, scenario.every && i >= scenario.events.size()
                               ? "the events begin again behind the last, so that they must end as they began"
                               : "leave it out here, or switch it the other way before");
    if (frame >= arrivals_s.size()) continue;
    if (phases.back().first_frame != frame) phases.push_back({frame, {}, "", {}});
    ScenarioPhase& phase = phases.back();
    phase.modalities = switches.names();
    phase.where = event->where;
    if (!event->note.empty()) phase.note += (phase.note.empty() ? "" : "; ") + event->note;
  }
  return phases;
}

Switching switching(const ScenarioPhase& before, const ScenarioPhase& after) {
  const auto beyond = [](const std::vector<std::string>& names, const std::vector<std::string>& known) {
    std::vector<std::string> rest;
    std::copy_if(names.begin(), names.end(), std::back_inserter(rest), [&](const std::string& name) {
      return std::find(known.begin(), known.end(), name) == known.end();
    });
    return rest;
  };
  return {beyond(after.modalities, before.modalities), beyond(before.modalities, after.modalities)};
}

std::string change_between(const ScenarioPhase& before, const ScenarioPhase& after) {
  const Switching switched = switching(before, after);
  std::string text;
  const auto add = [&](char sign, const std::vector<std::string>& names) {
    for (const std::string& name : names) text += fmt::format("{}{}{}", text.empty() ? "" : " ", sign, name);
  };
  add('+', switched.on);
  add('-', switched.off);
  if (!after.note.empty()) text += (text.empty() ? "" : ": ") + after.note;
  return text.empty() ? "no change" : text;
}

std::vector<const ScenarioEvent*> events_without_frame(const Scenario& scenario,
                                                       const std::vector<double>& arrivals_s) {
  std::vector<const ScenarioEvent*> events;
  for (std::size_t i = 0; i < scenario.events.size(); ++i) {
    const Turn turn = turn_of(scenario, i, arrivals_s);
    if (turn.frame >= arrivals_s.size()) events.push_back(turn.event);
  }
  return events;
}

Workload workload_of(const Workload& full, const ScenarioPhase& phase) {
  // Each by name, as no name at all would stand for all modalities.
  std::vector<std::string> wanted;
  for (const std::string& name : full.modalities()) {
    const bool on =
        std::find(phase.modalities.begin(), phase.modalities.end(), name) != phase.modalities.end();
    wanted.push_back(on ? name : "-" + name);
  }
  return at_place(phase.where, [&] { return full.with_modalities(wanted); });
}

std::vector<double> arrival_times(const Scenario& scenario, std::uint64_t seed) {
  assert(!lacks_period(scenario));
  return arrival_times(scenario.arrivals, frames_of(scenario), scenario.period_s.value_or(kShortestPeriod_s),
                       seed);
}

std::vector<double> arrival_times(Arrivals arrivals, std::size_t count, double period_s, std::uint64_t seed) {
  assert(period_s > 0);
  std::vector<double> times_s(count);
  Random random = random_from(seed);
  boost::random::exponential_distribution<double> gap_s(1 / period_s);
  for (std::size_t i = 1; i < count; ++i) {
    times_s[i] =
        arrivals == Arrivals::periodic ? static_cast<double>(i) * period_s : times_s[i - 1] + gap_s(random);
  }
  return times_s;
}

}  // namespace h2h
