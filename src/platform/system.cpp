// SPDX-License-Identifier: Apache-2.0
#include <h2h/platform/system.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <h2h/base/text.hpp>
#include <h2h/base/units.hpp>

namespace h2h {
namespace {

/// Properties of a host that are h2h-sim's; others are the user's own.
class HostProperties {
 public:
  HostProperties(const PlatformDescription& platform, const FpgaDescription& fpga)
      : platform_(platform), fpga_(fpga) {}

  std::optional<double> bytes(const std::string& key) const {
    const std::string* text = find(key);
    if (text == nullptr) return std::nullopt;
    const auto value = parse_quantity(*text, Dimension::bytes);
    if (!value || *value < 1 || *value > 0x1p53)
      refuse(key, *text, fmt::format("give {}", describe_units(Dimension::bytes)));
    return value;
  }

  std::optional<double> number(const std::string& key, double most) const {
    const std::string* text = find(key);
    if (text == nullptr) return std::nullopt;
    double value = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (failure != std::errc{} || end != text->data() + text->size() || !(value >= 0 && value <= most) ||
        std::isinf(value)) {
      refuse(
          key, *text,
          std::isinf(most) ? "give a number, zero or more" : fmt::format("give a number from 0 to {}", most));
    }
    return value;
  }

 private:
  const std::string* find(const std::string& key) const {
    const auto found = fpga_.properties.find(key);
    return found == fpga_.properties.end() ? nullptr : &found->second;
  }

  [[noreturn]] void refuse(const std::string& key, const std::string& text, const std::string& hint) const {
    throw Error(ErrorKind::input, {platform_.file},
                fmt::format("host '{}': property {} is '{}'", fpga_.name, key, text), hint);
  }

  const PlatformDescription& platform_;
  const FpgaDescription& fpga_;
};

}  // namespace

const std::vector<std::string>& host_properties() {
  static const std::vector<std::string> kNames = {"accelerator",  "role",     "dram_capacity",
                                                  "weight_share", "active_W", "idle_W"};
  return kNames;
}

std::vector<std::string> System::accelerator_names() const {
  std::vector<std::string> names;
  for (const Accelerator& accelerator : accelerators) names.push_back(accelerator.name);
  return names;
}

System make_system(const PlatformDescription& platform, const Catalogue& catalogue) {
  System system;
  system.name = platform.name;
  system.host = platform.host;
  system.ifm_extent = catalogue.ifm_extent;
  system.links = platform.links;
  system.peers = platform.peers;
  system.model_settings = platform.model_settings;
  for (const FpgaDescription& fpga : platform.fpgas) {
    const std::string& wanted = fpga.properties.at("accelerator");
    const AcceleratorType* type = catalogue.find(wanted);
    if (type == nullptr) {
      throw Error(
          ErrorKind::input, {platform.file},
          fmt::format("host '{}': catalogue {} has no accelerator '{}'", fpga.name, catalogue.file, wanted),
          suggest(wanted, catalogue.names()));
    }
    const HostProperties properties(platform, fpga);
    Accelerator accelerator;
    accelerator.name = fpga.name;
    accelerator.type = *type;
    accelerator.from_host = fpga.from_host;
    accelerator.to_host = fpga.to_host;
    const double dram = properties.bytes("dram_capacity").value_or(type->dram_bytes);
    const double share = properties.number("weight_share", 1).value_or(type->weight_share);
    accelerator.dram_bytes = static_cast<std::int64_t>(std::floor(dram));
    accelerator.weight_budget_bytes = static_cast<std::int64_t>(std::floor(share * dram));
    accelerator.active_W = properties.number("active_W", INFINITY).value_or(type->active_W);
    accelerator.idle_W = properties.number("idle_W", INFINITY).value_or(type->idle_W);
    system.accelerators.push_back(std::move(accelerator));
  }
  return system;
}

std::string unequal_latency_warning(const System& system) {
  // Latencies of the host routes that cross each link; both directions, as a shared link carries both.
  struct Extremes {
    double least = INFINITY;
    double most = 0;
  };
  std::vector<Extremes> of_link(system.links.size());
  for (const Accelerator& accelerator : system.accelerators) {
    for (const Route* route : {&accelerator.from_host, &accelerator.to_host}) {
      for (const LinkIndex link : route->links) {
        of_link[link].least = std::min(of_link[link].least, route->latency_s);
        of_link[link].most = std::max(of_link[link].most, route->latency_s);
      }
    }
  }
  constexpr double kRounding = 1e-9;
  for (std::size_t link = 0; link < of_link.size(); ++link) {
    const Extremes& extremes = of_link[link];
    if (system.links[link].is_fatpipe || extremes.most <= extremes.least * (1 + kRounding)) continue;
    return fmt::format(
        "host routes over link '{}' have latencies from {:g} s to {:g} s: SimGrid shares a link in inverse "
        "proportion "
        "to them; give all host routes the same latency for equal shares",
        system.links[link].name, extremes.least, extremes.most);
  }
  return {};
}

std::string changed_model_warning(const System& system) {
  if (system.model_settings.empty()) return {};
  return fmt::format(
      "{} changes SimGrid's model: a replay may be quicker than the analytic latency and than the bound, and "
      "its durations are not checked",
      enumerate(system.model_settings, "and"));
}

}  // namespace h2h
