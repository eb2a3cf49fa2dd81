// SPDX-License-Identifier: Apache-2.0
#include <h2h/scenario/scenario.hpp>

#include <cassert>
#include <set>

#include <fmt/format.h>

#include <h2h/base/files.hpp>
#include <h2h/base/section.hpp>
#include <h2h/base/words.hpp>

namespace h2h {
namespace fs = std::filesystem;
namespace {

constexpr Range<std::int64_t> kFrames{1, static_cast<std::int64_t>(kMostFrames)};
constexpr Range<double> kPeriods_s{kShortestPeriod_s, kLongestPeriod_s};

std::optional<std::size_t> read_count(const Section& section, std::string_view key) {
  if (!section.has(key)) return std::nullopt;
  return static_cast<std::size_t>(section.integer(key, kFrames));
}

std::optional<double> read_seconds(const Section& section, std::string_view key) {
  if (!section.has(key)) return std::nullopt;
  return section.quantity(key, Dimension::seconds, kPeriods_s);
}

/// Names of modalities, none of which stands in the list twice or is among @p seen already.
std::vector<std::string> read_names(const Section& section, std::string_view key,
                                    std::set<std::string>& seen) {
  if (!section.has(key)) return {};
  const std::vector<std::string> names = section.texts(key);
  const std::vector<Location> places = section.places(key);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      throw Error(ErrorKind::input, places[i], "a modality needs a name", "give one, or leave it out");
    }
    if (!seen.insert(names[i]).second) {
      throw Error(ErrorKind::input, places[i], fmt::format("modality '{}' stands here twice", names[i]),
                  "keep one");
    }
  }
  return names;
}

void read_when(const Section& section, bool every, ScenarioEvent& event) {
  const bool has_frame = section.has("frame");
  const bool has_time = section.has("time");
  if (every && (has_frame || has_time)) {
    section.fail(has_frame ? "frame" : "time", "the scenario's 'every' says when its events take place",
                 "leave out one of the two");
  }
  if (!every && has_frame == has_time) {
    throw Error(ErrorKind::input, section.where(),
                has_frame ? "an event has a 'frame' and a 'time'" : "an event lacks its 'frame' or 'time'",
                has_frame ? "keep one" : "say when it takes place, or let the scenario say 'every'");
  }
  if (has_frame) {
    const std::int64_t frame = section.integer("frame", kFrames);
    if (frame == 1) {
      section.fail("frame", "an event takes place at frame 2 at the earliest",
                   "what is on at frame 1 stands in the scenario's 'on'");
    }
    event.frame = static_cast<std::size_t>(frame);
  }
  if (has_time) {
    const double time_s = section.quantity("time", Dimension::seconds);
    if (time_s == 0) {
      section.fail("time", "an event takes place after time 0",
                   "what is on at first stands in the scenario's 'on'");
    }
    event.time_s = time_s;
  }
}

ScenarioEvent read_event(const Section& section, bool every) {
  ScenarioEvent event;
  event.where = section.where();
  read_when(section, every, event);
  std::set<std::string> seen;
  event.on = read_names(section, "on", seen);
  event.off = read_names(section, "off", seen);
  event.note = section.text("note", "");
  section.finish();
  if (seen.empty()) {
    throw Error(ErrorKind::input, event.where, "an event switches nothing on or off",
                "give it 'on' or 'off', such as off: [audio]");
  }
  return event;
}

void read_events(const Section& root, Scenario& scenario) {
  if (root.has("events")) {
    root.for_each("events", [&](const Section& event) {
      scenario.events.push_back(read_event(event, scenario.every.has_value()));
    });
  }
  if (scenario.every && scenario.events.empty()) {
    root.fail("every", "'every' needs events", "give some, or leave it out");
  }
}

}  // namespace

std::string_view to_string(Arrivals arrivals) {
  switch (arrivals) {
    case Arrivals::periodic:
      return "periodic";
    case Arrivals::poisson:
      return "poisson";
  }
  return {};
}

Scenario parse_scenario(std::string_view yaml, const std::string& file) {
  const Section root = Section::parse(yaml, file);
  Scenario scenario;
  scenario.where = root.where();
  scenario.name = root.text("name");
  if (scenario.name.empty()) root.fail("name", "a scenario needs a name");
  scenario.description = root.text("description", "");
  scenario.workload = root.text("workload", "");
  scenario.workload_where = root.where("workload");
  scenario.frames = read_count(root, "frames");
  scenario.period_s = read_seconds(root, "period");
  scenario.deadline_s = read_seconds(root, "deadline");
  const std::string arrivals = root.choice("arrivals", words_of(kArrivals), to_string(scenario.arrivals));
  scenario.arrivals = value_of(arrivals, kArrivals).value();
  scenario.start_where = root.where("on");
  if (root.has("on")) {
    std::set<std::string> seen;
    scenario.start = read_names(root, "on", seen);
  }
  scenario.every = read_count(root, "every");
  read_events(root, scenario);
  root.finish();
  return scenario;
}

double parse_period(std::string_view text, std::string_view name, ErrorKind kind, const Location& where) {
  const auto seconds = parse_quantity(text, Dimension::seconds);
  if (!seconds || *seconds < kShortestPeriod_s || *seconds > kLongestPeriod_s) {
    throw Error(kind, where, fmt::format("{} '{}'", name, text),
                fmt::format("give a time from {:g} to {:g} s with its unit: {}", kShortestPeriod_s,
                            kLongestPeriod_s, describe_units(Dimension::seconds)));
  }
  return *seconds;
}

Scenario read_scenario(const fs::path& path) {
  return parse_scenario(read_file(path), path.string());
}

fs::path find_workload(const Scenario& scenario, const std::vector<fs::path>& folders) {
  assert(!scenario.workload.empty());
  const fs::path beside = fs::path(scenario.where.file).parent_path() / scenario.workload;
  std::error_code ignored;
  if (fs::exists(beside, ignored)) return beside;
  return at_place(scenario.workload_where, [&] { return find_file(scenario.workload, folders); });
}

}  // namespace h2h
