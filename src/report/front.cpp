// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/front.hpp>

#include <algorithm>

#include <h2h/report/csv.hpp>

#include "axis.hpp"
#include "figures.hpp"
#include "svg.hpp"

namespace h2h {
namespace {

// Sizes in pixels.
constexpr double kWidth = 760;
constexpr double kHeight = 480;
constexpr double kLeft = 76;
constexpr double kRight = 24;
constexpr double kTop = 56;
constexpr double kBottom = 60;
constexpr int kTicks = 6;

constexpr const char* kStyle =
    "text{font-family:Helvetica,Arial,sans-serif;fill:#202124;font-size:12px}"
    ".t{font-size:16px;font-weight:bold}.g{stroke:#e4e7eb}.f{fill:none;stroke:#0072b2;stroke-width:1.5}"
    ".p{fill:#0072b2}.r{fill:none;stroke:#d55e00;stroke-width:2}.c{text-anchor:middle}.e{text-anchor:end}";

/// Values of one axis, and where they stand.
struct Axis {
  double begin = 0;
  double end = 0;
  double at_begin = 0;  ///< pixels
  double at_end = 0;

  Axis(std::vector<double> values, double from, double to) : at_begin(from), at_end(to) {
    constexpr double kMargin = 0.06;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const double room = *most > *least ? kMargin * (*most - *least) : kMargin * std::max(*most, 1e-9);
    begin = std::max(0.0, *least - room);
    end = *most + room;
  }
  double operator()(double value) const {
    return at_begin + (value - begin) / (end - begin) * (at_end - at_begin);
  }
};

class FrontPlot {
 public:
  FrontPlot(const Report& report, std::span<const Judgement> front)
      : report_(report),
        front_(front),
        unit_(TimeUnit::for_longest(front.back().latency_s)),
        x_(values([&](const Judgement& one) { return one.latency_s * unit_.per_second; }), kLeft,
           kWidth - kRight),
        y_(values([](const Judgement& one) { return one.energy.paper_J(); }), kHeight - kBottom, kTop) {}

  void write(std::ostream& out) {
    svg_ = add_svg(document_, "svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"width", px(kWidth)},
                    {"height", px(kHeight)},
                    {"viewBox", fmt::format("0 0 {} {}", px(kWidth), px(kHeight))},
                    {"role", "img"}});
    const std::string title = fmt::format("{} on {}: latency and energy", report_.problem->workload().name(),
                                          report_.problem->system().name);
    add_svg_text(svg_, "title", title);
    add_svg_text(svg_, "style", kStyle);
    add_svg(svg_, "rect", {{"width", px(kWidth)}, {"height", px(kHeight)}, {"fill", "#ffffff"}});
    add_svg_text(svg_, "text", title, {{"class", "t"}, {"x", px(kLeft)}, {"y", px(kTop / 2)}});
    add_axes();
    add_front();
    add_runs();
    document_.save(out, " ", pugi::format_indent | pugi::format_no_declaration);
  }

 private:
  template <typename Value>
  std::vector<double> values(const Value& value) const {
    std::vector<double> all;
    for (const Judgement& one : front_) all.push_back(value(one));
    for (const Run& run : report_.runs) all.push_back(value(run.result()));
    return all;
  }

  double x(const Judgement& one) const { return x_(one.latency_s * unit_.per_second); }
  double y(const Judgement& one) const { return y_(one.energy.paper_J()); }

  void add_line(double x1, double y1, double x2, double y2) {
    add_svg(svg_, "line", {{"class", "g"}, {"x1", px(x1)}, {"y1", px(y1)}, {"x2", px(x2)}, {"y2", px(y2)}});
  }

  void add_axes() {
    constexpr double kBelow = 18;
    constexpr double kBeside = 8;
    constexpr double kHalfLine = 4;
    for (const double value : ticks(x_.begin, x_.end, kTicks)) {
      add_line(x_(value), y_.at_begin, x_(value), y_.at_end);
      add_svg_text(svg_, "text", fmt::format("{:.6g}", value),
                   {{"class", "c"}, {"x", px(x_(value))}, {"y", px(y_.at_begin + kBelow)}});
    }
    for (const double value : ticks(y_.begin, y_.end, kTicks)) {
      add_line(x_.at_begin, y_(value), x_.at_end, y_(value));
      add_svg_text(svg_, "text", fmt::format("{:.6g}", value),
                   {{"class", "e"}, {"x", px(x_.at_begin - kBeside)}, {"y", px(y_(value) + kHalfLine)}});
    }
    add_svg_text(svg_, "text", fmt::format("latency ({})", unit_.name),
                 {{"class", "c"}, {"x", px((x_.at_begin + x_.at_end) / 2)}, {"y", px(kHeight - kBelow)}});
    const double middle = (y_.at_begin + y_.at_end) / 2;
    add_svg_text(svg_, "text", "energy (J)",
                 {{"class", "c"},
                  {"x", px(kBelow)},
                  {"y", px(middle)},
                  {"transform", fmt::format("rotate(-90 {} {})", px(kBelow), px(middle))}});
  }

  void add_tooltip(pugi::xml_node node, const std::string& name, const Judgement& one) const {
    add_svg_text(node, "title",
                 fmt::format("{}: {} {}, {} J", name, unit_.format(one.latency_s), unit_.name,
                             significant(one.energy.paper_J())));
  }

  void add_front() {
    constexpr const char* kRadius = "3";
    // Between two points nothing is known but that of the slower one: steps, not slopes.
    std::string path;
    for (const Judgement& one : front_) {
      path += path.empty() ? fmt::format("M{} {}", px(x(one)), px(y(one)))
                           : fmt::format("H{}V{}", px(x(one)), px(y(one)));
    }
    add_svg(svg_, "path", {{"class", "f"}, {"d", path}});
    for (std::size_t i = 0; i < front_.size(); ++i) {
      add_tooltip(
          add_svg(svg_, "circle",
                  {{"class", "p"}, {"cx", px(x(front_[i]))}, {"cy", px(y(front_[i]))}, {"r", kRadius}}),
          fmt::format("point {}", i + 1), front_[i]);
    }
  }

  void add_runs() {
    constexpr const char* kRadius = "6";
    constexpr double kBeside = 10;
    for (const Run& run : report_.runs) {
      const Judgement& one = run.result();
      add_tooltip(
          add_svg(svg_, "circle", {{"class", "r"}, {"cx", px(x(one))}, {"cy", px(y(one))}, {"r", kRadius}}),
          run.mapper, one);
      const bool is_left = x(one) < (x_.at_begin + x_.at_end) / 2;
      add_svg_text(svg_, "text", run.mapper,
                   {{"class", is_left ? "" : "e"},
                    {"x", px(x(one) + (is_left ? kBeside : -kBeside))},
                    {"y", px(y(one) - kBeside)}});
    }
  }

  const Report& report_;
  std::span<const Judgement> front_;
  TimeUnit unit_;
  Axis x_;
  Axis y_;
  pugi::xml_document document_;
  pugi::xml_node svg_;
};

}  // namespace

void write_front_csv(std::ostream& out, const Problem& problem, std::span<const Judgement> front) {
  write_csv_row(out, {"workload", "platform", "point", "latency_s", "analytic_latency_s", "energy_J",
                      "compute_J", "transfer_J", "idle_J", "network_J", "total_J"});
  for (std::size_t i = 0; i < front.size(); ++i) {
    const Judgement& one = front[i];
    const Energy& energy = one.energy;
    write_csv_row(
        out, {problem.workload().name(), problem.system().name, fmt::format("{}", i + 1),
              csv_number(one.latency_s), csv_number(one.analytic_latency_s), csv_number(energy.paper_J()),
              csv_number(energy.compute_J), csv_number(energy.transfer_J), csv_number(energy.idle_J),
              csv_number(energy.network_J), csv_number(energy.total_J())});
  }
}

void write_front_svg(std::ostream& out, const Report& report, std::span<const Judgement> front) {
  FrontPlot(report, front).write(out);
}

}  // namespace h2h
