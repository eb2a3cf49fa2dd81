// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <h2h/base/units.hpp>
#include <h2h/trace/export.hpp>

#include "axis.hpp"
#include "palette.hpp"
#include "report/figures.hpp"
#include "text.hpp"

namespace h2h {
namespace {

// Sizes in pixels.
constexpr double kWidth = 1600;
constexpr double kMargin = 20;
constexpr double kNames = 170;    // FPGA and lane, left of the bars
constexpr double kHead = 92;      // title, steps and legend
constexpr double kLane = 17;      // a lane with its gap
constexpr double kBar = 14;       // a bar
constexpr double kGap = 7;        // between FPGAs
constexpr double kFoot = 40;      // the axis
constexpr double kCharacter = 6;  // of a bar's label
constexpr int kTicks = 10;

std::string px(double value) {
  return fmt::format("{:.2f}", value);
}

constexpr const char* kStyle =
    "text{font-family:Helvetica,Arial,sans-serif;fill:#202124}"
    ".t{font-size:20px;font-weight:bold}.s{font-size:12px;fill:#5f6368}.n{font-size:12px;font-weight:bold}"
    ".l{font-size:10px;fill:#5f6368;text-anchor:end}.b{font-size:10px;fill:#fff;pointer-events:none}"
    ".a{font-size:11px;text-anchor:middle}.g{stroke:#e4e7eb}.m{stroke:#202124;stroke-dasharray:4 3}"
    ".d{stroke:#5f6368;stroke-opacity:.35;fill:none}";

class GanttWriter {
 public:
  GanttWriter(const Timeline& timeline, ColourBy colours)
      : timeline_(timeline),
        palette_(timeline, colours),
        unit_(TimeUnit::for_longest(timeline.latency_s)),
        left_(kMargin + kNames),
        scale_(timeline.latency_s > 0 ? (kWidth - kMargin - left_) / timeline.latency_s : 0) {
    place_rows();
  }

  void write(std::ostream& out) {
    const double height = bottom_ + kFoot;
    svg_ = document_.append_child("svg");
    set(svg_, {{"xmlns", "http://www.w3.org/2000/svg"},
               {"width", px(kWidth)},
               {"height", px(height)},
               {"viewBox", fmt::format("0 0 {} {}", px(kWidth), px(height))},
               {"role", "img"}});
    add_text(svg_, "title", title());
    add_text(svg_, "style", kStyle);
    rectangle(svg_, 0, 0, kWidth, height, "#ffffff");
    add_head();
    add_axis();
    add_rows();
    add_arrows();
    document_.save(out, " ", pugi::format_indent | pugi::format_no_declaration);
  }

 private:
  using Attributes = std::initializer_list<std::pair<const char*, std::string>>;

  static void set(pugi::xml_node node, Attributes attributes) {
    for (const auto& [name, value] : attributes) node.append_attribute(name).set_value(value.c_str());
  }

  static pugi::xml_node add_text(pugi::xml_node parent, const char* tag, const std::string& text,
                                 Attributes attributes = {}) {
    pugi::xml_node node = parent.append_child(tag);
    set(node, attributes);
    node.append_child(pugi::node_pcdata).set_value(without_controls(text).c_str());
    return node;
  }

  static pugi::xml_node rectangle(pugi::xml_node parent, double x, double y, double width, double height,
                                  const std::string& fill) {
    pugi::xml_node node = parent.append_child("rect");
    set(node, {{"x", px(x)}, {"y", px(y)}, {"width", px(width)}, {"height", px(height)}, {"fill", fill}});
    return node;
  }

  pugi::xml_node vertical(double x, double from, double to, const char* style) {
    pugi::xml_node node = svg_.append_child("line");
    set(node, {{"class", style}, {"x1", px(x)}, {"x2", px(x)}, {"y1", px(from)}, {"y2", px(to)}});
    return node;
  }

  double x(double time_s) const { return left_ + scale_ * time_s; }

  std::string time(double seconds) const { return fmt::format("{} {}", unit_.format(seconds), unit_.name); }

  std::string title() const {
    return fmt::format("{} on {}: {}", timeline_.workload, timeline_.platform, time(timeline_.latency_s));
  }

  /// Lanes in which something happens; an FPGA without any gets one empty row.
  void place_rows() {
    bottom_ = kHead;
    for (const Timeline::Fpga& fpga : timeline_.fpgas) {
      auto& rows = lane_y_.emplace_back();
      double y = bottom_;
      for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
        rows[lane] = y;
        if (!fpga.lanes[lane].empty()) y += kLane;
      }
      bottom_ = std::max(y, bottom_ + kLane) + kGap;
    }
  }

  void add_head() {
    add_text(svg_, "text", title(), {{"class", "t"}, {"x", px(kMargin)}, {"y", "28"}});
    std::string steps;
    for (const Timeline::Mark& mark : timeline_.marks)
      steps += fmt::format("{}{} {}", steps.empty() ? "" : "  >  ", mark.step, time(mark.time_s));
    add_text(svg_, "text", steps, {{"class", "s"}, {"x", px(kMargin)}, {"y", "48"}});
    double at = kMargin;
    constexpr double kSwatch = 12;
    for (const LegendEntry& entry : palette_.legend()) {
      rectangle(svg_, at, 60, kSwatch, kSwatch, entry.colour.hex());
      add_text(svg_, "text", entry.label, {{"class", "s"}, {"x", px(at + kSwatch + 4)}, {"y", "70"}});
      at += kSwatch + 26 + 6.5 * static_cast<double>(entry.label.size());
    }
    add_outline_to_legend(at, kSwatch);
  }

  void add_outline_to_legend(double at, double size) {
    rectangle(svg_, at, 60, size, size, "none").append_attribute("stroke") = "#202124";
    add_text(svg_, "text", "on the critical chain", {{"class", "s"}, {"x", px(at + size + 4)}, {"y", "70"}});
  }

  void add_axis() {
    for (const double value : ticks(timeline_.latency_s * unit_.per_second, kTicks)) {
      const double at = x(value / unit_.per_second);
      vertical(at, kHead - 6, bottom_, "g");
      add_text(svg_, "text", fmt::format("{:g} {}", value, unit_.name),
               {{"class", "a"}, {"x", px(at)}, {"y", px(bottom_ + 16)}});
    }
    // Of the steps that would have ended sooner than the result; the others are in the head.
    for (const Timeline::Mark& mark : timeline_.marks) {
      if (mark.time_s > timeline_.latency_s) continue;
      add_text(vertical(x(mark.time_s), kHead - 6, bottom_, "m"), "title",
               fmt::format("{}: {}", mark.step, time(mark.time_s)));
    }
  }

  void add_rows() {
    for (std::size_t f = 0; f < timeline_.fpgas.size(); ++f) {
      const Timeline::Fpga& fpga = timeline_.fpgas[f];
      const double top = lane_y_[f].front();
      add_text(svg_, "text", fmt::format("{} {}", fpga.name, fpga.model),
               {{"class", "n"}, {"x", px(kMargin)}, {"y", px(top + 11)}});
      if (std::all_of(fpga.lanes.begin(), fpga.lanes.end(), [](const auto& lane) { return lane.empty(); }))
        add_text(svg_, "text", "unused", {{"class", "l"}, {"x", px(left_ - 6)}, {"y", px(top + 11)}});
      for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
        if (fpga.lanes[lane].empty()) continue;
        const double y = lane_y_[f][lane];
        add_text(svg_, "text", std::string(to_string(kLanes[lane])),
                 {{"class", "l"}, {"x", px(left_ - 6)}, {"y", px(y + 11)}});
        rectangle(svg_, left_, y, kWidth - kMargin - left_, kBar, "#f1f3f4")
            .append_attribute("fill-opacity") = "0.6";
        for (const Timeline::Bar& bar : fpga.lanes[lane]) add_bar(bar, y);
      }
    }
  }

  void add_bar(const Timeline::Bar& bar, double y) {
    constexpr double kThinnest = 0.5;
    constexpr double kOutlined = 4;
    const Timeline::Layer& layer = timeline_.layers[bar.layer];
    const double from = x(bar.start_s);
    const double width = std::max(kThinnest, x(bar.end_s) - from);
    pugi::xml_node node = rectangle(svg_, from, y, width, kBar, palette_.of(bar).hex());
    // An outline would hide the colour of a thin bar.
    if (layer.critical && width > kOutlined) set(node, {{"stroke", "#202124"}, {"stroke-width", "0.8"}});
    add_text(node, "title", tooltip(bar));
    const auto room = static_cast<std::size_t>(std::max(0.0, (width - 4) / kCharacter));
    // Names may be in any script: whole or not at all.
    if (layer.name.size() <= room)
      add_text(svg_, "text", layer.name, {{"class", "b"}, {"x", px(from + 2)}, {"y", px(y + 10.5)}});
  }

  std::string tooltip(const Timeline::Bar& bar) const {
    const Timeline::Layer& layer = timeline_.layers[bar.layer];
    std::string text = fmt::format("{} ({}{}{}): {}", layer.name, to_string(layer.type),
                                   layer.modality.empty() ? "" : ", ", layer.modality, to_string(bar.stage));
    if (bar.producer != Timeline::kNoLayer)
      text += fmt::format(" of {}", timeline_.layers[bar.producer].name);
    if (bar.stage != Stage::compute)
      text += fmt::format(", {}B", with_si_prefix(static_cast<double>(bar.bytes)));
    return text + fmt::format("\n{} to {}, {} long{}", time(bar.start_s), time(bar.end_s),
                              time(bar.end_s - bar.start_s), layer.critical ? "\non the critical chain" : "");
  }

  void add_arrows() {
    const auto middle = [&](LayerIndex layer, Stage stage) {
      const std::size_t lane =
          static_cast<std::size_t>(std::find(kLanes.begin(), kLanes.end(), stage) - kLanes.begin());
      return lane_y_[timeline_.layers[layer].fpga][lane] + kBar / 2;
    };
    for (const Timeline::Arrow& arrow : timeline_.arrows) {
      pugi::xml_node path = svg_.append_child("path");
      set(path,
          {{"class", "d"},
           {"d", fmt::format("M{} {}L{} {}", px(x(arrow.start_s)), px(middle(arrow.producer, arrow.from)),
                             px(x(arrow.end_s)), px(middle(arrow.consumer, Stage::input)))}});
      add_text(path, "title",
               fmt::format("{} to {}", timeline_.layers[arrow.producer].name,
                           timeline_.layers[arrow.consumer].name));
    }
  }

  const Timeline& timeline_;
  Palette palette_;
  TimeUnit unit_;
  double left_;
  double scale_;  ///< pixels per second
  double bottom_ = 0;
  std::vector<std::array<double, kLanes.size()>> lane_y_;  ///< by FPGA
  pugi::xml_document document_;
  pugi::xml_node svg_;
};

}  // namespace

void write_svg_gantt(std::ostream& out, const Timeline& timeline, ColourBy colours) {
  GanttWriter(timeline, colours).write(out);
}

}  // namespace h2h
