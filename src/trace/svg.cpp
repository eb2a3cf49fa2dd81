// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <h2h/base/units.hpp>
#include <h2h/trace/export.hpp>

#include "palette.hpp"
#include "report/axis.hpp"
#include "report/figures.hpp"
#include "report/svg.hpp"

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
constexpr double kLine = 11;      // from the top of a row to the foot of its text
constexpr double kFoot = 40;      // the axis
constexpr double kCharacter = 6;  // of a bar's label
constexpr int kTicks = 10;

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
    svg_ = add_svg(document_, "svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"width", px(kWidth)},
                    {"height", px(height)},
                    {"viewBox", fmt::format("0 0 {} {}", px(kWidth), px(height))},
                    {"role", "img"}});
    add_svg_text(svg_, "title", title());
    add_svg_text(svg_, "style", kStyle);
    rectangle(svg_, 0, 0, kWidth, height, "#ffffff");
    add_head();
    add_axis();
    add_rows();
    add_arrows();
    document_.save(out, " ", pugi::format_indent | pugi::format_no_declaration);
  }

 private:
  static pugi::xml_node rectangle(pugi::xml_node parent, double x, double y, double width, double height,
                                  const std::string& fill) {
    return add_svg(
        parent, "rect",
        {{"x", px(x)}, {"y", px(y)}, {"width", px(width)}, {"height", px(height)}, {"fill", fill}});
  }

  pugi::xml_node vertical(double x, double from, double to, const char* style) {
    return add_svg(svg_, "line",
                   {{"class", style}, {"x1", px(x)}, {"x2", px(x)}, {"y1", px(from)}, {"y2", px(to)}});
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
    constexpr double kTitleLine = 28;
    constexpr double kStepsLine = 48;
    add_svg_text(svg_, "text", title(), {{"class", "t"}, {"x", px(kMargin)}, {"y", px(kTitleLine)}});
    std::string steps;
    for (const Timeline::Mark& mark : timeline_.marks)
      steps += fmt::format("{}{} {}", steps.empty() ? "" : "  >  ", mark.name, time(mark.time_s));
    add_svg_text(svg_, "text", steps, {{"class", "s"}, {"x", px(kMargin)}, {"y", px(kStepsLine)}});
    double at = kMargin;
    for (const LegendEntry& entry : palette_.legend())
      at = add_to_legend(at, entry.label, entry.colour.hex());
    if (std::any_of(timeline_.layers.begin(), timeline_.layers.end(),
                    [](const auto& l) { return l.critical; }))
      add_to_legend(at, "on the critical chain", "none");
  }

  /// @returns where the next entry stands
  double add_to_legend(double at, const std::string& label, const std::string& fill) {
    constexpr double kTop = 60;
    constexpr double kSwatch = 12;
    constexpr double kBeside = 4;
    constexpr double kBetween = 22;
    constexpr double kLetter = 6.5;
    pugi::xml_node swatch = rectangle(svg_, at, kTop, kSwatch, kSwatch, fill);
    if (fill == "none") swatch.append_attribute("stroke") = "#202124";
    add_svg_text(svg_, "text", label,
                 {{"class", "s"}, {"x", px(at + kSwatch + kBeside)}, {"y", px(kTop + kSwatch - 2)}});
    return at + kSwatch + kBeside + kBetween + kLetter * static_cast<double>(label.size());
  }

  void add_axis() {
    for (const double value : ticks(0, timeline_.latency_s * unit_.per_second, kTicks)) {
      const double at = x(value / unit_.per_second);
      vertical(at, kHead - 6, bottom_, "g");
      add_svg_text(svg_, "text", fmt::format("{:g} {}", value, unit_.name),
                   {{"class", "a"}, {"x", px(at)}, {"y", px(bottom_ + 16)}});
    }
    // Of the steps that would have ended sooner than the result; the others are in the head.
    for (const Timeline::Mark& mark : timeline_.marks) {
      if (mark.time_s > timeline_.latency_s) continue;
      add_svg_text(vertical(x(mark.time_s), kHead - 6, bottom_, "m"), "title",
                   fmt::format("{}: {}", mark.name, time(mark.time_s)));
    }
  }

  void add_rows() {
    for (std::size_t f = 0; f < timeline_.fpgas.size(); ++f) {
      const Timeline::Fpga& fpga = timeline_.fpgas[f];
      const double top = lane_y_[f].front();
      add_svg_text(svg_, "text", fmt::format("{} {}", fpga.name, fpga.model),
                   {{"class", "n"}, {"x", px(kMargin)}, {"y", px(top + kLine)}});
      if (std::all_of(fpga.lanes.begin(), fpga.lanes.end(), [](const auto& lane) { return lane.empty(); }))
        add_svg_text(svg_, "text", "unused", {{"class", "l"}, {"x", px(left_ - 6)}, {"y", px(top + kLine)}});
      for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
        if (fpga.lanes[lane].empty()) continue;
        const double y = lane_y_[f][lane];
        add_svg_text(svg_, "text", std::string(to_string(kLanes[lane])),
                     {{"class", "l"}, {"x", px(left_ - 6)}, {"y", px(y + kLine)}});
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
    if (layer.critical && width > kOutlined) {
      node.append_attribute("stroke") = "#202124";
      node.append_attribute("stroke-width") = "0.8";
    }
    add_svg_text(node, "title", tooltip(bar));
    const auto room = static_cast<std::size_t>(std::max(0.0, (width - 4) / kCharacter));
    // Names may be in any script: whole or not at all.
    if (layer.name.size() <= room)
      add_svg_text(svg_, "text", layer.name, {{"class", "b"}, {"x", px(from + 2)}, {"y", px(y + kLine)}});
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
      const pugi::xml_node path = add_svg(
          svg_, "path",
          {{"class", "d"},
           {"d", fmt::format("M{} {}L{} {}", px(x(arrow.start_s)), px(middle(arrow.producer, arrow.from)),
                             px(x(arrow.end_s)), px(middle(arrow.consumer, Stage::input)))}});
      add_svg_text(path, "title",
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
