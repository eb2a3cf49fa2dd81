// SPDX-License-Identifier: Apache-2.0
//
// Chrome's trace event format: complete events (X) for bars, flow events (s, f) for arrows, counters (C) for
// curves, instants (i) for marks, metadata (M) for names.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <h2h/trace/export.hpp>

namespace h2h {
namespace {

using nlohmann::ordered_json;

constexpr double kMicrosecondsPerSecond = 1e6;

class ChromeWriter {
 public:
  explicit ChromeWriter(std::ostream& out) : out_(out) {}

  void write(std::span<const Timeline> timelines) {
    out_ << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
    for (const Timeline& timeline : timelines) {
      const std::string prefix = timelines.size() == 1 ? "" : timeline.name + ": ";
      add(timeline, prefix);
    }
    out_ << "\n]}\n";
  }

 private:
  void put(const ordered_json& event) {
    out_ << (first_ ? "\n" : ",\n") << event.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    first_ = false;
  }

  /// A process is a group of rows. They stand in the order in which they are named.
  int process(const std::string& name) {
    ++process_;
    put({{"ph", "M"}, {"pid", process_}, {"name", "process_name"}, {"args", {{"name", name}}}});
    put({{"ph", "M"},
         {"pid", process_},
         {"name", "process_sort_index"},
         {"args", {{"sort_index", process_}}}});
    return process_;
  }

  void thread(int process, int thread, std::string_view name) {
    put({{"ph", "M"},
         {"pid", process},
         {"tid", thread},
         {"name", "thread_name"},
         {"args", {{"name", name}}}});
    put({{"ph", "M"},
         {"pid", process},
         {"tid", thread},
         {"name", "thread_sort_index"},
         {"args", {{"sort_index", thread}}}});
  }

  void add(const Timeline& timeline, const std::string& prefix) {
    const int run = process(prefix + timeline.workload + " on " + timeline.platform);
    thread(run, 0, "steps");
    for (const Timeline::Mark& mark : timeline.marks) {
      put({{"ph", "i"},
           {"s", "p"},
           {"pid", run},
           {"tid", 0},
           {"ts", mark.time_s * kMicrosecondsPerSecond},
           {"name", mark.name},
           {"args", {{"latency_s", mark.time_s}}}});
    }
    counter(run, "power [W]", timeline.power_W);
    const int first_fpga = process_ + 1;
    for (const Timeline::Fpga& fpga : timeline.fpgas) add(timeline, fpga, prefix);
    add_arrows(timeline, first_fpga);
    const int network = process(prefix + "network");
    for (const Timeline::Link& link : timeline.links)
      counter(network, fmt::format("{} [B/s]", link.name), link.rate_Bps);
  }

  void add(const Timeline& timeline, const Timeline::Fpga& fpga, const std::string& prefix) {
    const int self = process(fmt::format("{}{} {}", prefix, fpga.name, fpga.model));
    for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
      thread(self, thread_of(kLanes[lane]), to_string(kLanes[lane]));
      for (const Timeline::Bar& bar : fpga.lanes[lane]) put(event(timeline, bar, self));
    }
    counter(self, "DRAM [B]", fpga.dram_in_use_bytes);
    counter(self, "power [W]", fpga.power_W);
  }

  static ordered_json event(const Timeline& timeline, const Timeline::Bar& bar, int process) {
    const Timeline::Layer& layer = timeline.layers[bar.layer];
    ordered_json arguments = {{"type", to_string(layer.type)}};
    if (!layer.modality.empty()) arguments["modality"] = layer.modality;
    if (bar.producer != Timeline::kNoLayer) arguments["producer"] = timeline.layers[bar.producer].name;
    if (bar.stage != Stage::compute) arguments["bytes"] = bar.bytes;
    // Microseconds round; these are the schedule's own.
    arguments["start_s"] = bar.start_s;
    arguments["end_s"] = bar.end_s;
    return {{"ph", "X"},
            {"pid", process},
            {"tid", thread_of(bar.stage)},
            {"ts", bar.start_s * kMicrosecondsPerSecond},
            {"dur", (bar.end_s - bar.start_s) * kMicrosecondsPerSecond},
            {"name", layer.name},
            {"cat", to_string(bar.stage)},
            {"args", std::move(arguments)}};
  }

  /// Viewers tie an end to the bar around it, and a bar's own end is no longer in it: so both ends stand at
  /// the beginnings of their bars, and viewers draw from where the first one ends.
  void add_arrows(const Timeline& timeline, int first_fpga) {
    std::vector<double> made_from_s(timeline.layers.size());
    for (const Timeline::Fpga& fpga : timeline.fpgas) {
      for (const auto& lane : fpga.lanes) {
        for (const Timeline::Bar& bar : lane) {
          if (bar.stage == Stage::compute || bar.stage == Stage::output) made_from_s[bar.layer] = bar.start_s;
        }
      }
    }
    const auto end = [&](const char* phase, LayerIndex layer, Stage stage, double time_s) {
      return ordered_json{{"ph", phase},
                          {"bp", "e"},
                          {"pid", first_fpga + static_cast<int>(timeline.layers[layer].fpga)},
                          {"tid", thread_of(stage)},
                          {"ts", time_s * kMicrosecondsPerSecond},
                          {"id", flow_},
                          {"name", "tensor"},
                          {"cat", "dependency"}};
    };
    for (const Timeline::Arrow& arrow : timeline.arrows) {
      ++flow_;
      put(end("s", arrow.producer, arrow.from, made_from_s[arrow.producer]));
      put(end("f", arrow.consumer, Stage::input, arrow.end_s));
    }
  }

  void counter(int process, const std::string& name, const Curve& curve) {
    for (const Curve::Step& step : curve.steps) {
      put({{"ph", "C"},
           {"pid", process},
           {"ts", step.time_s * kMicrosecondsPerSecond},
           {"name", name},
           {"args", {{"value", step.value}}}});
    }
  }

  static int thread_of(Stage stage) {
    int thread = 1;
    for (const Stage lane : kLanes) {
      if (lane == stage) break;
      ++thread;
    }
    return thread;
  }

  std::ostream& out_;
  bool first_ = true;
  int process_ = 0;
  int flow_ = 0;
};

}  // namespace

void write_chrome_trace(std::ostream& out, std::span<const Timeline> timelines) {
  ChromeWriter(out).write(timelines);
}

}  // namespace h2h
