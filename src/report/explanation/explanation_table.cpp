// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/base/text.hpp>
#include <h2h/base/units.hpp>
#include <h2h/report/explanation.hpp>
#include <h2h/report/text_table.hpp>

#include "../figures.hpp"

namespace h2h {
namespace {

/// Rows of a table of accelerators or links that is not shown whole.
constexpr std::size_t kMostRows = 16;

/// Names and figures as all tables of one explanation write them.
class Words {
 public:
  Words(const Problem& problem, const Explanation& explanation)
      : problem_(problem), explanation_(explanation), unit_(TimeUnit::for_longest(explanation.latency_s)) {}

  const std::string& layer(LayerIndex layer) const { return problem_.workload().layer(layer).name; }
  const std::string& accelerator(AcceleratorIndex a) const { return problem_.system().accelerators[a].name; }
  const std::string& model(AcceleratorIndex a) const { return problem_.system().accelerators[a].type.name(); }
  const std::string& link(LinkIndex link) const { return problem_.system().links[link].name; }

  std::string unit() const { return std::string(unit_.name); }
  std::string time(double seconds) const { return unit_.format(seconds); }
  std::string of_latency(double seconds) const { return share(seconds, explanation_.latency_s); }
  static std::string share(double part, double whole) {
    return whole > 0 ? percent(kPercent * part / whole) : "-";
  }

  /// What an activity is, beside its layer.
  std::string activity(const Activity& activity) const {
    switch (activity.stage) {
      case Stage::weights:
        return "weights";
      case Stage::input: {
        const LayerIndex producer = problem_.tensor(activity.tensor).producer;
        return producer == Tensor::kNetworkInput ? "input of the network" : "input from " + layer(producer);
      }
      case Stage::compute:
        return "computation";
      case Stage::output:
        return "output";
    }
    return "";
  }

 private:
  const Problem& problem_;
  const Explanation& explanation_;
  TimeUnit unit_;
};

void write_parts(std::ostream& out, const CriticalPath& path, double latency_s, const Words& words) {
  TextTable table({"where the latency comes from", "all", "queued", "rest", "rest"},
                  {"", words.unit(), words.unit(), words.unit(), "%"});
  const auto add = [&](const char* what, double all_s, double queued_s) {
    table.add({what, words.time(all_s), words.time(queued_s), words.time(all_s - queued_s),
               words.of_latency(all_s - queued_s)});
  };
  add("computation", path.parts.compute_s, path.queued.compute_s);
  add("weights", path.parts.weights_s, path.queued.weights_s);
  add("inputs", path.parts.inputs_s, path.queued.inputs_s);
  add("outputs", path.parts.outputs_s, path.queued.outputs_s);
  add("link contention", path.parts.contention_s, path.queued.contention_s);
  table.add(
      {"waiting for an accelerator", "", "", words.time(path.queued_s()), words.of_latency(path.queued_s())});
  table.add({"latency", words.time(latency_s), words.time(path.queued_s()), words.time(latency_s),
             words.of_latency(latency_s)});
  out << '\n';
  table.write(out);
  out << '\n';
  write_wrapped(
      out,
      "Queued: meanwhile a layer that is still to come on the critical path had all its inputs, and "
      "waited for its accelerator.",
      2);
}

/// The critical path, a row for activities one after the other on one accelerator.
void write_runs(std::ostream& out, const CriticalPath& path, const Words& words) {
  TextTable table({"critical path", "from", "compute", "transfer", "contention", "queued"},
                  {"", words.unit(), words.unit(), words.unit(), words.unit(), words.unit()});
  const auto& stretches = path.stretches;
  for (auto first = stretches.begin(); first != stretches.end();) {
    const auto last = std::find_if(first, stretches.end(), [&](const Stretch& stretch) {
      return stretch.accelerator != first->accelerator;
    });
    double compute_s = 0;
    double transfer_s = 0;
    double contention_s = 0;
    double queued_s = 0;
    std::size_t layers = 0;
    for (auto stretch = first; stretch != last; ++stretch) {
      (stretch->activity.stage == Stage::compute ? compute_s : transfer_s) += stretch->alone_s;
      contention_s += stretch->contention_s();
      queued_s += stretch->queued_s;
      layers += stretch == first || stretch->activity.layer != std::prev(stretch)->activity.layer ? 1 : 0;
    }
    std::string what =
        fmt::format("{}: {}", words.accelerator(first->accelerator), words.layer(first->activity.layer));
    if (layers > 1) what += fmt::format(" .. {} ({})", words.layer(std::prev(last)->activity.layer), layers);
    table.add({what, words.time(first->activity.start_s), words.time(compute_s), words.time(transfer_s),
               words.time(contention_s), words.time(queued_s)});
    first = last;
  }
  out << '\n';
  table.write(out);
}

std::string why(const Stretch& stretch, const Words& words) {
  switch (stretch.after) {
    case Stretch::After::nothing:
      return "at the start";
    case Stretch::After::own_stage:
      return "";
    case Stretch::After::input:
      return "when its input from " + words.layer(stretch.waited_for) + " is there";
    case Stretch::After::accelerator:
      return fmt::format("ready since {} {}; {} was busy with {}", words.time(stretch.ready_s), words.unit(),
                         words.accelerator(stretch.accelerator), words.layer(stretch.waited_for));
  }
  return "";
}

/// The critical path, a line a layer with what it waited for, and a row an activity.
void write_stretches(std::ostream& out, const CriticalPath& path, const Words& words) {
  TextTable table({"critical path", "from", "takes", "contention", "queued", "link"},
                  {"", words.unit(), words.unit(), words.unit(), words.unit(), ""});
  std::vector<std::string> heads;  // by row: the line before it
  const Stretch* before = nullptr;
  for (const Stretch& stretch : path.stretches) {
    std::string head;
    if (before == nullptr || before->activity.layer != stretch.activity.layer) {
      head = fmt::format("{} on {}", words.layer(stretch.activity.layer),
                         words.accelerator(stretch.accelerator));
      if (const std::string reason = why(stretch, words); !reason.empty()) head += ", " + reason;
    }
    heads.push_back(std::move(head));
    table.add({"  " + words.activity(stretch.activity), words.time(stretch.activity.start_s),
               words.time(stretch.seconds()), words.time(stretch.contention_s()),
               words.time(stretch.queued_s),
               stretch.link == Stretch::kNoLink ? "" : words.link(stretch.link)});
    before = &stretch;
  }
  out << '\n';
  table.write(out, heads);
}

/// Positions of what is worth a row, the largest first, and no more than a table shows.
template <typename Worth>
std::vector<std::size_t> worthy(std::size_t count, bool all, const Worth& worth) {
  std::vector<std::size_t> positions(count);
  std::iota(positions.begin(), positions.end(), 0);
  std::erase_if(positions, [&](std::size_t i) { return !worth(i); });
  std::stable_sort(positions.begin(), positions.end(),
                   [&](std::size_t a, std::size_t b) { return *worth(a) > *worth(b); });
  if (!all && positions.size() > kMostRows) positions.resize(kMostRows);
  return positions;
}

void write_accelerators(std::ostream& out, const Explanation& explanation, bool all, const Words& words) {
  const auto& shares = explanation.accelerators;
  using Worth = std::optional<std::pair<double, double>>;
  const auto shown = worthy(shares.size(), all, [&](std::size_t a) {
    return shares[a].layers > 0 ? Worth({shares[a].path_s, shares[a].use.busy_s()}) : Worth();
  });
  TextTable table({"accelerator", "layers", "busy", "of latency", "critical", "of latency"},
                  {"", "", words.unit(), "%", words.unit(), "%"});
  for (const std::size_t i : shown) {
    const auto a = static_cast<AcceleratorIndex>(i);
    const AcceleratorShare& share = shares[a];
    table.add({fmt::format("{} ({})", words.accelerator(a), words.model(a)), std::to_string(share.layers),
               words.time(share.use.busy_s()), words.of_latency(share.use.busy_s()), words.time(share.path_s),
               words.of_latency(share.path_s)});
  }
  out << '\n';
  table.write(out);
  const auto used = static_cast<std::size_t>(std::count_if(
      shares.begin(), shares.end(), [](const AcceleratorShare& share) { return share.layers > 0; }));
  if (used < shares.size()) fmt::print(out, "  {} run nothing\n", shares.size() - used);
  if (shown.size() < used) fmt::print(out, "  {} more are shown by --all\n", used - shown.size());
}

void write_links(std::ostream& out, const Explanation& explanation, bool all, const Words& words) {
  const auto& shares = explanation.links;
  using Worth = std::optional<std::pair<double, std::int64_t>>;
  const auto shown = worthy(shares.size(), all, [&](std::size_t link) {
    return shares[link].use.bytes > 0 ? Worth({shares[link].path_s, shares[link].use.bytes}) : Worth();
  });
  double transfers_s = 0;
  for (const LinkShare& share : shares) transfers_s += share.binding_s;
  TextTable table({"link", "carries", "busy", "use", "critical", "of its transfers", "binding"},
                  {"", "B", words.unit(), "%", words.unit(), "%", words.unit()});
  for (const std::size_t i : shown) {
    const auto link = static_cast<LinkIndex>(i);
    const LinkShare& share = shares[link];
    table.add({words.link(link), with_si_prefix(static_cast<double>(share.use.bytes)),
               words.time(share.use.busy_s), words.of_latency(share.use.utilisation_s),
               words.time(share.path_s), Words::share(share.path_s, transfers_s),
               words.time(share.binding_s)});
  }
  out << '\n';
  table.write(out);
  const auto used = static_cast<std::size_t>(std::count_if(
      shares.begin(), shares.end(), [](const LinkShare& share) { return share.use.bytes > 0; }));
  if (used < shares.size()) fmt::print(out, "  {} carry nothing\n", shares.size() - used);
  if (shown.size() < used) fmt::print(out, "  {} more are shown by --all\n", used - shown.size());
}

std::string_view part_of(Upgrade::Kind kind) {
  switch (kind) {
    case Upgrade::Kind::link:
      return "bandwidth";
    case Upgrade::Kind::accelerator:
      return "computation";
    case Upgrade::Kind::memory:
      return "DRAM";
  }
  return "";
}

std::string of_upgrade(const Upgrade& upgrade, const Words& words) {
  const std::string of = upgrade.kind == Upgrade::Kind::link
                             ? upgrade.name
                             : fmt::format("{} ({})", upgrade.name, words.model(upgrade.accelerator));
  return fmt::format("{} of {}", part_of(upgrade.kind), of);
}

void write_what_if(std::ostream& out, const Explanation& explanation, std::size_t top, const Words& words) {
  const WhatIf& what_if = explanation.what_if;
  TextTable table(
      {fmt::format("what {:g} x as much would give", what_if.factor), "latency", "saves", "saves"},
      {"", words.unit(), words.unit(), "%"});
  std::size_t shown = 0;
  std::size_t helpful = 0;
  std::size_t harmful = 0;
  for (const Upgrade& upgrade : what_if.upgrades) {
    if (upgrade.saving_s() < 0) ++harmful;
    if (upgrade.saving_s() <= 0) continue;
    ++helpful;
    if (shown == top) continue;
    ++shown;
    table.add({of_upgrade(upgrade, words), words.time(upgrade.latency_s), words.time(upgrade.saving_s()),
               words.of_latency(upgrade.saving_s())});
  }
  out << '\n';
  if (helpful == 0) {
    fmt::print(out, "  nothing alone, {:g} x as much, would help this mapping\n", what_if.factor);
  } else {
    table.write(out);
  }
  out << '\n';
  write_wrapped(out,
                fmt::format("One part at a time, by {} of the same mapping; for more DRAM with steps 2 and 3 "
                            "redone.",
                            explanation.is_replay ? "replay" : "the analytic evaluator"),
                2);
  std::vector<std::string> rest;
  if (helpful > shown) rest.push_back(fmt::format("{} more help (--top)", helpful - shown));
  const std::size_t same = what_if.upgrades.size() - helpful - harmful;
  if (same > 0) rest.push_back(fmt::format("{} make no difference", same));
  if (harmful > 0) rest.push_back(fmt::format("{} would harm", harmful));
  if (what_if.idle > 0)
    rest.push_back(fmt::format("{} cannot matter, as nothing here needs them", what_if.idle));
  if (what_if.not_judged > 0)
    rest.push_back(fmt::format("{} of less promise were not tried (--candidates)", what_if.not_judged));
  if (!rest.empty()) write_wrapped(out, fmt::format("Of the others, {}.", enumerate(rest, "and")), 2);
}

constexpr std::size_t kMostNames = 8;

std::string enumerate_layers(const Workload& workload, std::span<const LayerIndex> layers) {
  std::vector<std::string> names;
  for (const LayerIndex layer : layers) names.push_back(workload.layer(layer).name);
  return enumerate(names, "and", kMostNames);
}

}  // namespace

void write_explanation_table(std::ostream& out, const Problem& problem, const Explanation& explanation,
                             const ExplanationView& view) {
  const Words words(problem, explanation);
  write_wrapped(out,
                fmt::format("{} on {}, {}: {} {} by {}", problem.workload().name(), problem.system().name,
                            explanation.mapper, words.time(explanation.latency_s), words.unit(),
                            explanation.is_replay ? "replay" : "the analytic evaluator"),
                0);
  if (const auto model = describe_model(explanation.execution, problem.activations()); !model.empty())
    fmt::print(out, "{}\n", model);
  write_parts(out, explanation.path, explanation.latency_s, words);
  if (view.is_whole) {
    write_stretches(out, explanation.path, words);
  } else {
    write_runs(out, explanation.path, words);
  }
  write_accelerators(out, explanation, view.is_whole, words);
  write_links(out, explanation, view.is_whole, words);
  write_what_if(out, explanation, view.top, words);
}

void write_infeasibility_table(std::ostream& out, const Workload& workload, const System& system,
                               const Infeasibility& infeasibility) {
  fmt::print(out, "{} on {}: nothing maps\n", workload.name(), system.name);
  TextTable table({"layers that run nowhere", "layers", "in the catalogue, these run them"}, {"", "", ""});
  for (const Infeasibility::Gap& gap : infeasibility.gaps) {
    table.add({std::string(to_string(gap.type)), std::to_string(gap.layers.size()),
               gap.remedies.empty() ? "none all of them" : enumerate(gap.remedies, "or", kMostNames)});
  }
  out << '\n';
  table.write(out);
  out << '\n';
  for (const Infeasibility::Gap& gap : infeasibility.gaps) {
    const std::string_view type = to_string(gap.type);
    write_wrapped(out,
                  fmt::format("{}: {} {}", type,
                              gap.type_is_there ? "the tables of the platform's accelerators do not list"
                                                : "the platform has no accelerator for",
                              enumerate_layers(workload, gap.layers)),
                  2);
  }
  out << '\n';
  if (!infeasibility.hopeless.empty()) {
    write_wrapped(
        out,
        fmt::format("No entry of the catalogue runs {}: add one that does, such as one of the family "
                    "roofline.",
                    enumerate_layers(workload, infeasibility.hopeless)),
        2);
  }
  if (const std::string remedy = remedy_of(infeasibility); !remedy.empty()) {
    write_wrapped(out,
                  fmt::format("The smallest change{}: further FPGAs with {}.",
                              infeasibility.hopeless.empty() ? "" : " for the others", remedy),
                  2);
  }
}

}  // namespace h2h
