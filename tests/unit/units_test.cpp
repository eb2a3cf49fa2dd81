// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <h2h/base/units.hpp>

namespace h2h {
namespace {

struct Quantity {
  std::string_view text;
  double value;
};

TEST(Units, EveryUnitOfBytes) {
  const Quantity all[] = {{"1B", 1},
                          {"1kB", 1e3},
                          {"1MB", 1e6},
                          {"1GB", 1e9},
                          {"1TB", 1e12},
                          {"1KiB", 1024},
                          {"1MiB", 1048576},
                          {"1GiB", 1073741824},
                          // Lower-case b is a bit, an eighth of a byte.
                          {"8b", 1},
                          {"1kb", 125},
                          {"1Mb", 125e3},
                          {"1Gb", 125e6}};
  for (const auto& [text, value] : all) EXPECT_EQ(parse_quantity(text, Dimension::bytes), value) << text;
}

TEST(Units, EveryUnitOfBytesPerSecond) {
  const Quantity all[] = {{"1Bps", 1},       {"1kBps", 1e3},   {"1MBps", 1e6},      {"1GBps", 1e9},
                          {"1TBps", 1e12},   {"1KiBps", 1024}, {"1MiBps", 1048576}, {"1GiBps", 1073741824},
                          {"8bps", 1},       {"1kbps", 125},   {"1Mbps", 125e3},    {"1Gbps", 1.25e8},
                          {"1Tbps", 1.25e11}};
  for (const auto& [text, value] : all)
    EXPECT_EQ(parse_quantity(text, Dimension::bytes_per_second), value) << text;
}

TEST(Units, EveryUnitOfTimeFrequencyAndPower) {
  const Quantity times[] = {{"2s", 2}, {"2ms", 2e-3}, {"2us", 2e-6}, {"2ns", 2e-9}, {"2min", 120}};
  for (const auto& [text, value] : times)
    EXPECT_DOUBLE_EQ(parse_quantity(text, Dimension::seconds).value(), value) << text;
  const Quantity rates[] = {{"3Hz", 3}, {"3kHz", 3e3}, {"3MHz", 3e6}, {"3GHz", 3e9}};
  for (const auto& [text, value] : rates) EXPECT_EQ(parse_quantity(text, Dimension::hertz), value) << text;
  const Quantity powers[] = {{"5W", 5}, {"5mW", 5e-3}, {"5kW", 5e3}};
  for (const auto& [text, value] : powers)
    EXPECT_DOUBLE_EQ(parse_quantity(text, Dimension::watts).value(), value) << text;
}

TEST(Units, NumbersMayHaveFractionsExponentsSignsAndABlankBeforeTheUnit) {
  EXPECT_EQ(parse_quantity("0.125GBps", Dimension::bytes_per_second), 1.25e8);
  EXPECT_EQ(parse_quantity("1.25e2 MBps", Dimension::bytes_per_second), 1.25e8);
  EXPECT_EQ(parse_quantity(".5GB", Dimension::bytes), 5e8);
  EXPECT_EQ(parse_quantity("0s", Dimension::seconds), 0.0);
  EXPECT_EQ(parse_quantity("-1W", Dimension::watts), -1.0) << "ranges are for the caller to check";
}

TEST(Units, WhatIsNotAFiniteNumberWithAUnitOfTheDimensionIsRefused) {
  for (const std::string_view text :
       {"",      "GB",    "1",     "1.5", "1e9",   "1gb",   "1gB",    "1 G B",   "1GB ", " 1GB",   "+1GB",
        "1,5GB", "0x10B", "1GBps", "1s",  "infGB", "nanGB", "1e999B", "1e300TB", "1EB",  "one GB", "1GB2"}) {
    EXPECT_FALSE(parse_quantity(text, Dimension::bytes)) << '\'' << text << '\'';
  }
  // Bits and bytes, and a rate and an amount, are never taken for one another.
  EXPECT_FALSE(parse_quantity("1GB", Dimension::bytes_per_second));
  EXPECT_FALSE(parse_quantity("1Gb", Dimension::bytes_per_second));
  EXPECT_FALSE(parse_quantity("1MHz", Dimension::seconds));
  EXPECT_FALSE(parse_quantity("1m", Dimension::seconds));
  EXPECT_FALSE(parse_quantity("1MW", Dimension::watts)) << "no accelerator draws megawatts";
}

TEST(Units, DescriptionsNameUnitsThatAreUnderstood) {
  EXPECT_EQ(describe_units(Dimension::bytes), "B, kB, MB, GB, KiB, MiB or GiB, such as 1GB");
  EXPECT_EQ(describe_units(Dimension::bytes_per_second),
            "Bps, kBps, MBps, GBps, Mbps or Gbps, such as 0.125GBps");
  EXPECT_EQ(describe_units(Dimension::seconds), "s, ms, us or ns, such as 50us");
  EXPECT_EQ(describe_units(Dimension::hertz), "Hz, kHz, MHz or GHz, such as 150MHz");
  EXPECT_EQ(describe_units(Dimension::watts), "W, mW or kW, such as 18.6W");
}

TEST(Units, SiPrefixesKeepThreeSignificantDigits) {
  EXPECT_EQ(with_si_prefix(0), "0");
  EXPECT_EQ(with_si_prefix(7), "7");
  EXPECT_EQ(with_si_prefix(0.5), "0.50");
  EXPECT_EQ(with_si_prefix(12.34), "12.3");
  EXPECT_EQ(with_si_prefix(999), "999");
  EXPECT_EQ(with_si_prefix(999.6), "1.00 k");
  EXPECT_EQ(with_si_prefix(1000), "1.00 k");
  EXPECT_EQ(with_si_prefix(9996), "10.0 k");
  EXPECT_EQ(with_si_prefix(99960), "100 k");
  EXPECT_EQ(with_si_prefix(62.04e6), "62.0 M");
  EXPECT_EQ(with_si_prefix(1.25e9), "1.25 G");
  EXPECT_EQ(with_si_prefix(-1.25e9), "-1.25 G");
  EXPECT_EQ(with_si_prefix(3e12), "3.00 T");
  EXPECT_EQ(with_si_prefix(4e15), "4.00 P");
  EXPECT_EQ(with_si_prefix(4e19), "40000 P") << "there is no larger prefix";
}

}  // namespace
}  // namespace h2h
