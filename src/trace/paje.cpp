// SPDX-License-Identifier: Apache-2.0
//
// Paje traces by the rules that ViTE 1.2 and pajeng 1.3.6 both take (traces/README.md): one state type, whose
// containers have no other; only the events that are defined; every string quoted; events in order of time;
// every arrow ended; no comments.

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <h2h/base/text.hpp>
#include <h2h/trace/export.hpp>

#include "palette.hpp"

namespace h2h {
namespace {

/// The shortest digits that read back to the same number, without an exponent, which not all readers know.
std::string number(double value) {
  constexpr std::size_t kLongest = 400;  // the smallest double has 324 zeros and 17 digits
  std::array<char, kLongest> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

/// The format has no way to write a quote or a line's end inside a string.
std::string in_quotes(std::string_view text) {
  std::string inside = without_controls(text);
  std::replace(inside.begin(), inside.end(), '"', '\'');
  return fmt::format("\"{}\"", inside);
}

std::string in_quotes(const Colour& colour) {
  constexpr double kMost = 255;
  return fmt::format("\"{:.3f} {:.3f} {:.3f}\"", colour.red / kMost, colour.green / kMost,
                     colour.blue / kMost);
}

/// Events by their numbers in the file.
enum Event : std::uint8_t {
  define_container_type,
  define_state_type,
  define_variable_type,
  define_event_type,
  define_link_type,
  define_value,
  create_container,
  destroy_container,
  push_state,
  pop_state,
  set_variable,
  new_event,
  start_link,
  end_link
};

constexpr std::string_view kHeader =
    "%EventDef PajeDefineContainerType 0\n"
    "%  Alias string\n%  Type string\n%  Name string\n%EndEventDef\n"
    "%EventDef PajeDefineStateType 1\n"
    "%  Alias string\n%  Type string\n%  Name string\n%EndEventDef\n"
    "%EventDef PajeDefineVariableType 2\n"
    "%  Alias string\n%  Type string\n%  Name string\n%  Color color\n%EndEventDef\n"
    "%EventDef PajeDefineEventType 3\n"
    "%  Alias string\n%  Type string\n%  Name string\n%  Color color\n%EndEventDef\n"
    "%EventDef PajeDefineLinkType 4\n"
    "%  Alias string\n%  Type string\n%  StartContainerType string\n%  EndContainerType string\n"
    "%  Name string\n%EndEventDef\n"
    "%EventDef PajeDefineEntityValue 5\n"
    "%  Alias string\n%  Type string\n%  Name string\n%  Color color\n%EndEventDef\n"
    "%EventDef PajeCreateContainer 6\n"
    "%  Time date\n%  Alias string\n%  Type string\n%  Container string\n%  Name string\n%EndEventDef\n"
    "%EventDef PajeDestroyContainer 7\n"
    "%  Time date\n%  Type string\n%  Name string\n%EndEventDef\n"
    "%EventDef PajePushState 8\n"
    "%  Time date\n%  Type string\n%  Container string\n%  Value string\n%EndEventDef\n"
    "%EventDef PajePopState 9\n"
    "%  Time date\n%  Type string\n%  Container string\n%EndEventDef\n"
    "%EventDef PajeSetVariable 10\n"
    "%  Time date\n%  Type string\n%  Container string\n%  Value double\n%EndEventDef\n"
    "%EventDef PajeNewEvent 11\n"
    "%  Time date\n%  Type string\n%  Container string\n%  Value string\n%EndEventDef\n"
    "%EventDef PajeStartLink 12\n"
    "%  Time date\n%  Type string\n%  Container string\n%  Value string\n%  StartContainer string\n"
    "%  Key string\n%EndEventDef\n"
    "%EventDef PajeEndLink 13\n"
    "%  Time date\n%  Type string\n%  Container string\n%  Value string\n%  EndContainer string\n"
    "%  Key string\n%EndEventDef\n";

// Aliases of types and of the root.
constexpr std::string_view kRoot = "root";

class PajeWriter {
 public:
  PajeWriter(std::ostream& out, std::span<const Timeline> timelines, ColourBy colours)
      : out_(out),
        timelines_(timelines),
        has_streams_(std::any_of(timelines.begin(), timelines.end(), is_stream)) {
    for (const Timeline& timeline : timelines) palettes_.emplace_back(timeline, colours);
  }

  void write(std::string_view root) {
    out_ << kHeader;
    define_types();
    double end_s = 0;
    for (const Timeline& timeline : timelines_) end_s = std::max(end_s, timeline.extent_s());
    line(create_container, 0, kRoot, "TRoot", "0", in_quotes(root));
    for (std::size_t run = 0; run < timelines_.size(); ++run) add_run(run, timelines_[run]);
    write_events();
    // Inner ones first.
    std::reverse(containers_.begin(), containers_.end());
    for (const auto& [alias, type] : containers_) line(destroy_container, number(end_s), type, alias);
    line(destroy_container, number(end_s), "TRoot", kRoot);
  }

 private:
  static bool is_stream(const Timeline& timeline) { return !timeline.phases.empty(); }

  template <typename... Fields>
  void line(Event event, const Fields&... fields) {
    fmt::format_to(std::back_inserter(buffer_), "{}", static_cast<int>(event));
    (fmt::format_to(std::back_inserter(buffer_), " {}", fields), ...);
    buffer_.push_back('\n');
    flush();
  }

  void flush() {
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }

  /// An event for later: those of all containers are written together, in order of time.
  template <typename... Fields>
  void event(double time_s, Event event, const Fields&... fields) {
    const std::size_t begin = text_.size();
    fmt::format_to(std::back_inserter(text_), "{} {}", static_cast<int>(event), number(time_s));
    (fmt::format_to(std::back_inserter(text_), " {}", fields), ...);
    text_.push_back('\n');
    events_.push_back({time_s, begin, text_.size()});
  }

  void define_types() {
    line(define_container_type, "TRoot", "0", in_quotes("Comparison"));
    line(define_container_type, "TRun", "TRoot", in_quotes("Run"));
    line(define_container_type, "TSteps", "TRun", in_quotes("Steps"));
    line(define_container_type, "TFpga", "TRun", in_quotes("FPGA"));
    line(define_container_type, "TLane", "TFpga", in_quotes("Lane"));
    line(define_container_type, "TLink", "TRun", in_quotes("Link"));
    if (has_streams_) line(define_container_type, "TEvents", "TRun", in_quotes("Events"));
    line(define_state_type, "S", "TLane", in_quotes("Layer"));
    line(define_variable_type, "VPower", "TRun", in_quotes("Power [W]"), in_quotes(kPowerColour));
    line(define_variable_type, "VDram", "TFpga", in_quotes("DRAM [B]"), in_quotes(kDramColour));
    line(define_variable_type, "VFpgaPower", "TFpga", in_quotes("FPGA power [W]"), in_quotes(kPowerColour));
    line(define_variable_type, "VRate", "TLink", in_quotes("Bandwidth in use [B/s]"), in_quotes(kRateColour));
    line(define_event_type, "E", "TSteps", in_quotes("Step"), in_quotes(kMarkColour));
    line(define_link_type, "L", "TRun", "TLane", "TLane", in_quotes("Dependency"));
    if (has_streams_) {
      line(define_state_type, "P", "TEvents", in_quotes("Modalities"));
      line(define_event_type, "C", "TEvents", in_quotes("Change"), in_quotes(kMarkColour));
      line(define_variable_type, "VFrames", "TEvents", in_quotes("Frames under way"), in_quotes(kMarkColour));
      line(define_variable_type, "VWeights", "TFpga", in_quotes("Weights [B]"), in_quotes(kWeightsColour));
      line(define_variable_type, "VIdle", "TFpga", in_quotes("Idle weights [B]"), in_quotes(kIdleColour));
    }
    define_values();
  }

  /// A value a layer and colour. Timelines of one workload share them.
  void define_values() {
    for (std::size_t run = 0; run < timelines_.size(); ++run) {
      std::vector<std::array<std::string, kLanes.size()>>& aliases = values_.emplace_back();
      aliases.resize(timelines_[run].layers.size());
      for (const Timeline::Fpga& fpga : timelines_[run].fpgas) {
        for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
          for (const Timeline::Bar& bar : fpga.lanes[lane]) {
            std::string& alias = aliases[bar.layer][lane];
            if (alias.empty())
              alias = value("S", timelines_[run].layers[bar.layer].name, palettes_[run].of(bar));
          }
        }
      }
    }
  }

  /// The alias of a value, which is defined at its first use. Only states have such: ViTE takes no others.
  std::string value(std::string_view type, std::string_view name, const Colour& colour) {
    std::string definition = fmt::format("{} {} {}", type, in_quotes(name), in_quotes(colour));
    const auto [known, is_new] =
        value_aliases_.try_emplace(std::move(definition), fmt::format("v{}", value_aliases_.size()));
    if (is_new) line(define_value, known->second, known->first);
    return known->second;
  }

  void create(const std::string& alias, std::string_view type, std::string_view parent,
              std::string_view name) {
    line(create_container, 0, alias, type, parent, in_quotes(name));
    containers_.emplace_back(alias, type);
  }

  static std::string lane_alias(std::size_t run, AcceleratorIndex fpga, Stage stage) {
    return fmt::format("r{}f{}{}", run, fpga, to_string(stage));
  }

  void add_run(std::size_t run, const Timeline& timeline) {
    const std::string self = fmt::format("r{}", run);
    create(self, "TRun", kRoot, timeline.name);
    add_curve(timeline.power_W, "VPower", self);
    if (is_stream(timeline)) {
      add_events(self, timeline);
    } else {
      add_steps(self, timeline);
    }
    for (AcceleratorIndex f = 0; f < timeline.fpgas.size(); ++f) add_fpga(run, f, timeline.fpgas[f]);
    for (std::size_t i = 0; i < timeline.links.size(); ++i) {
      const std::string link = fmt::format("{}l{}", self, i);
      create(link, "TLink", self, timeline.links[i].name);
      add_curve(timeline.links[i].rate_Bps, "VRate", link);
    }
    add_arrows(run, timeline);
  }

  void add_steps(const std::string& parent, const Timeline& timeline) {
    const std::string self = parent + "steps";
    create(self, "TSteps", parent, "steps");
    std::vector<Timeline::Mark> marks = timeline.marks;
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Timeline::Mark& a, const Timeline::Mark& b) { return a.time_s < b.time_s; });
    for (const Timeline::Mark& mark : marks) event(mark.time_s, new_event, "E", self, in_quotes(mark.name));
  }

  /// What is on and when that changes, and below it the frames under way.
  void add_events(const std::string& parent, const Timeline& timeline) {
    const std::string events = parent + "events";
    create(events, "TEvents", parent, "events");
    std::map<std::string, std::size_t> kinds;  ///< equal modalities have equal colours
    for (const Timeline::Phase& phase : timeline.phases) {
      const std::size_t kind = kinds.try_emplace(phase.modalities, kinds.size()).first->second;
      event(phase.start_s, push_state, "P", events, value("P", phase.modalities, colour_of_group(kind)));
      event(phase.end_s, pop_state, "P", events);
    }
    for (const Timeline::Mark& mark : timeline.marks)
      event(mark.time_s, new_event, "C", events, in_quotes(mark.name));
    add_curve(timeline.frames_under_way, "VFrames", events);
  }

  void add_fpga(std::size_t run, AcceleratorIndex index, const Timeline::Fpga& fpga) {
    const std::string self = fmt::format("r{}f{}", run, index);
    create(self, "TFpga", fmt::format("r{}", run), fmt::format("{} {}", fpga.name, fpga.model));
    add_curve(fpga.dram_in_use_bytes, "VDram", self);
    if (fpga.weights && fpga.weights->all_bytes.peak() > 0) {
      add_curve(fpga.weights->all_bytes, "VWeights", self);
      add_curve(fpga.weights->idle_bytes, "VIdle", self);
    }
    add_curve(fpga.power_W, "VFpgaPower", self);
    for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
      const std::string alias = lane_alias(run, index, kLanes[lane]);
      create(alias, "TLane", self, fmt::format("{} {}", to_string(kLanes[lane]), fpga.name));
      for (const Timeline::Bar& bar : fpga.lanes[lane]) {
        event(bar.start_s, push_state, "S", alias, values_[run][bar.layer][lane]);
        event(bar.end_s, pop_state, "S", alias);
      }
    }
  }

  void add_curve(const Curve& curve, std::string_view type, const std::string& container) {
    for (const Curve::Step& step : curve.steps)
      event(step.time_s, set_variable, type, container, number(step.value));
  }

  void add_arrows(std::size_t run, const Timeline& timeline) {
    const std::string self = fmt::format("r{}", run);
    const std::string dependency = in_quotes("tensor");
    for (std::size_t i = 0; i < timeline.arrows.size(); ++i) {
      const Timeline::Arrow& arrow = timeline.arrows[i];
      const std::string key = fmt::format("{}k{}", self, i);
      event(arrow.start_s, start_link, "L", self, dependency,
            lane_alias(run, timeline.layers[arrow.producer].fpga, arrow.from), key);
      event(arrow.end_s, end_link, "L", self, dependency,
            lane_alias(run, timeline.layers[arrow.consumer].fpga, Stage::input), key);
    }
  }

  /// Events of one container were added in their order, which those of equal times keep.
  void write_events() {
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Pending& a, const Pending& b) { return a.time_s < b.time_s; });
    for (const Pending& one : events_)
      out_.write(text_.data() + one.begin, static_cast<std::streamsize>(one.end - one.begin));
  }

  struct Pending {
    double time_s;
    std::size_t begin;
    std::size_t end;
  };

  static constexpr Colour kPowerColour{0xb0, 0x3a, 0x2e};
  static constexpr Colour kDramColour{0x33, 0x66, 0xcc};
  static constexpr Colour kRateColour{0x1f, 0x8a, 0x70};
  static constexpr Colour kMarkColour{0x22, 0x22, 0x22};
  static constexpr Colour kWeightsColour{0xd6, 0x45, 0x50};
  static constexpr Colour kIdleColour{0x9a, 0xa0, 0xa6};

  std::ostream& out_;
  std::span<const Timeline> timelines_;
  bool has_streams_;
  std::vector<Palette> palettes_;
  std::vector<std::vector<std::array<std::string, kLanes.size()>>> values_;  ///< by run, layer and lane
  std::map<std::string, std::string> value_aliases_;                         ///< by definition
  std::vector<std::pair<std::string, std::string>> containers_;              ///< alias and type
  fmt::memory_buffer buffer_;
  fmt::memory_buffer text_;
  std::vector<Pending> events_;
};

}  // namespace

void write_paje(std::ostream& out, std::span<const Timeline> timelines, std::string_view root,
                ColourBy colours) {
  PajeWriter(out, timelines, colours).write(root);
}

}  // namespace h2h
