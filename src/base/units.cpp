// SPDX-License-Identifier: Apache-2.0
#include <h2h/base/units.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace h2h {
namespace {

struct Unit {
  std::string_view suffix;
  double factor;
};

constexpr double kKibi = 1024;

constexpr std::array kByteUnits = {
    Unit{"B", 1},       Unit{"kB", 1e3},     Unit{"MB", 1e6},        Unit{"GB", 1e9},
    Unit{"TB", 1e12},   Unit{"KiB", kKibi},  Unit{"MiB", 1048576.0}, Unit{"GiB", 1073741824.0},
    Unit{"b", 1.0 / 8}, Unit{"kb", 1e3 / 8}, Unit{"Mb", 1e6 / 8},    Unit{"Gb", 1e9 / 8},
};
constexpr std::array kRateUnits = {
    Unit{"Bps", 1},         Unit{"kBps", 1e3},     Unit{"MBps", 1e6},        Unit{"GBps", 1e9},
    Unit{"TBps", 1e12},     Unit{"KiBps", kKibi},  Unit{"MiBps", 1048576.0}, Unit{"GiBps", 1073741824.0},
    Unit{"bps", 1.0 / 8},   Unit{"kbps", 1e3 / 8}, Unit{"Mbps", 1e6 / 8},    Unit{"Gbps", 1e9 / 8},
    Unit{"Tbps", 1e12 / 8},
};
constexpr std::array kTimeUnits = {
    Unit{"s", 1}, Unit{"ms", 1e-3}, Unit{"us", 1e-6}, Unit{"ns", 1e-9}, Unit{"min", 60},
};
constexpr std::array kFrequencyUnits = {Unit{"Hz", 1}, Unit{"kHz", 1e3}, Unit{"MHz", 1e6}, Unit{"GHz", 1e9}};
constexpr std::array kPowerUnits = {Unit{"W", 1}, Unit{"mW", 1e-3}, Unit{"kW", 1e3}};

std::span<const Unit> units_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::bytes:
      return kByteUnits;
    case Dimension::bytes_per_second:
      return kRateUnits;
    case Dimension::seconds:
      return kTimeUnits;
    case Dimension::hertz:
      return kFrequencyUnits;
    case Dimension::watts:
      return kPowerUnits;
  }
  return {};
}

}  // namespace

std::optional<double> parse_quantity(std::string_view text, Dimension dimension) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || !std::isfinite(number)) return std::nullopt;
  std::string_view suffix(end, text.data() + text.size() - end);
  while (!suffix.empty() && suffix.front() == ' ') suffix.remove_prefix(1);
  for (const Unit& unit : units_of(dimension)) {
    if (unit.suffix != suffix) continue;
    const double value = number * unit.factor;
    if (std::isfinite(value)) return value;
  }
  return std::nullopt;
}

std::string describe_units(Dimension dimension) {
  switch (dimension) {
    case Dimension::bytes:
      return "B, kB, MB, GB, KiB, MiB or GiB, such as 1GB";
    case Dimension::bytes_per_second:
      return "Bps, kBps, MBps, GBps, Mbps or Gbps, such as 0.125GBps";
    case Dimension::seconds:
      return "s, ms, us or ns, such as 50us";
    case Dimension::hertz:
      return "Hz, kHz, MHz or GHz, such as 150MHz";
    case Dimension::watts:
      return "W, mW or kW, such as 18.6W";
  }
  return {};
}

std::string with_si_prefix(double value) {
  constexpr std::array kPrefixes = {"", " k", " M", " G", " T", " P"};
  std::size_t prefix = 0;
  while (std::abs(value) >= 999.5 && prefix + 1 < kPrefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  const int decimals = std::abs(value) < 9.995 ? 2 : std::abs(value) < 99.95 ? 1 : 0;
  return prefix == 0 && value == std::floor(value)
             ? fmt::format("{:.0f}", value)
             : fmt::format("{:.{}f}{}", value, decimals, kPrefixes.at(prefix));
}

}  // namespace h2h
