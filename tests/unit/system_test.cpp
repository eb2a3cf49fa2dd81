// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/platform/system.hpp>

#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::catalogue_by_hand;
using test::error_of;
using test::platform_by_hand;
using testing::ElementsAre;

const char* const kCatalogue =
    "ifm_extent: output-doubled\n"
    "accelerators:\n"
    "  conv-net: {types: [conv], model: roofline, parameters: {peak_GOPS: 1}, data_bits: 16,\n"
    "             dram: {capacity: 1001B, bandwidth: 1GBps, weight_share: 0.3}, power: {active_W: 10, "
    "idle_W: 1}}\n"
    "  fc-net: {types: [fc], model: roofline, parameters: {peak_GOPS: 1}, data_bits: 16,\n"
    "           dram: {capacity: 2GB, bandwidth: 1GBps}, power: {active_W: 20}}\n";

TEST(System, AcceleratorsComeFromTheCatalogueInTheOrderOfThePlatform) {
  const System system = make_system(platform_by_hand({{"fpga9", "fc-net", 100, 0.5}, {"fpga10", "conv-net"}}),
                                    catalogue_by_hand(kCatalogue));
  EXPECT_EQ(system.name, "by-hand");
  EXPECT_EQ(system.host, "host");
  EXPECT_EQ(system.ifm_extent, IfmExtent::output_doubled);
  EXPECT_THAT(system.accelerator_names(), ElementsAre("fpga9", "fpga10"));
  EXPECT_EQ(system.links.size(), 4U);
  const Accelerator& fc = system.accelerators[0];
  EXPECT_EQ(fc.type.name(), "fc-net");
  EXPECT_EQ(fc.dram_bytes, 2000000000);
  EXPECT_EQ(fc.weight_budget_bytes, 1000000000);
  EXPECT_EQ(fc.active_W, 20);
  EXPECT_EQ(fc.idle_W, 0);
  EXPECT_EQ(fc.from_host.seconds(100), 1.5) << "half a second of latency, and 100 bytes at 100 B/s";
  EXPECT_EQ(fc.from_host.seconds(0), 0) << "zero bytes are no transfer";
  const Accelerator& conv = system.accelerators[1];
  EXPECT_EQ(conv.dram_bytes, 1001);
  EXPECT_EQ(conv.weight_budget_bytes, 300) << "0.3 x 1001 = 300.3, rounded down";
  EXPECT_EQ(conv.idle_W, 1);
}

TEST(System, PropertiesOfAHostOverrideTheCatalogue) {
  const System system = make_system(platform_by_hand({{"fpga0",
                                                       "conv-net",
                                                       100,
                                                       0,
                                                       {{"dram_capacity", "4 kB"},
                                                        {"weight_share", "0.25"},
                                                        {"active_W", "7.5"},
                                                        {"idle_W", "0.5"},
                                                        {"rack", "the user's own"}}}}),
                                    catalogue_by_hand(kCatalogue));
  const Accelerator& accelerator = system.accelerators[0];
  EXPECT_EQ(accelerator.dram_bytes, 4000);
  EXPECT_EQ(accelerator.weight_budget_bytes, 1000);
  EXPECT_EQ(accelerator.active_W, 7.5);
  EXPECT_EQ(accelerator.idle_W, 0.5);
  EXPECT_EQ(accelerator.type.active_W, 10) << "the type stays as the catalogue has it";
}

TEST(System, AnUnknownAcceleratorProposesTheNearest) {
  const auto error = [](const std::string& name) {
    return error_of([&] { make_system(platform_by_hand({{"fpga0", name}}), catalogue_by_hand(kCatalogue)); });
  };
  EXPECT_EQ(error("conv-nett"),
            "input: p.xml: host 'fpga0': catalogue c.yaml has no accelerator 'conv-nett'; did you mean "
            "'conv-net'?");
  EXPECT_EQ(
      error("C.Z"),
      "input: p.xml: host 'fpga0': catalogue c.yaml has no accelerator 'C.Z'; known: conv-net and fc-net");
}

TEST(System, PropertiesThatCannotBe) {
  const auto error = [](const std::string& key, const std::string& value) {
    return error_of([&] {
      make_system(platform_by_hand({{"fpga0", "fc-net", 100, 0, {{key, value}}}}),
                  catalogue_by_hand(kCatalogue));
    });
  };
  for (const std::string value : {"1000", "0GB", "-1GB", "0.5B", "1GBps", "1e30GB", "much", ""}) {
    EXPECT_EQ(error("dram_capacity", value),
              fmt::format("input: p.xml: host 'fpga0': property dram_capacity is '{}'; give B, kB, MB, GB, "
                          "KiB, MiB or GiB, such as "
                          "1GB",
                          value));
  }
  for (const std::string value : {"1.1", "-0.1", "nan", "inf", "half", "50%", ""}) {
    EXPECT_EQ(
        error("weight_share", value),
        fmt::format("input: p.xml: host 'fpga0': property weight_share is '{}'; give a number from 0 to 1",
                    value));
  }
  for (const std::string key : {"active_W", "idle_W"}) {
    for (const std::string value : {"-1", "nan", "inf", "10W", ""}) {
      EXPECT_EQ(error(key, value),
                fmt::format("input: p.xml: host 'fpga0': property {} is '{}'; give a number, zero or more",
                            key, value));
    }
  }
  EXPECT_EQ(error("weight_share", "1"), "no error");
  EXPECT_EQ(error("active_W", "0"), "no error");
}

/// Two FPGAs whose routes share a link.
System shared(double first_latency_s, double second_latency_s, bool fatpipe = false) {
  PlatformDescription platform = platform_by_hand(
      {{"fpga0", "fc-net", 100, first_latency_s}, {"fpga1", "fc-net", 100, second_latency_s}});
  platform.links.push_back({"uplink", 1000, 0, fatpipe});
  for (FpgaDescription& fpga : platform.fpgas) fpga.from_host.links.push_back(4);
  return make_system(platform, catalogue_by_hand(kCatalogue));
}

TEST(System, UnequalLatenciesOnASharedLinkAreWarnedOf) {
  EXPECT_EQ(unequal_latency_warning(shared(50e-6, 50e-6)), "");
  EXPECT_EQ(unequal_latency_warning(shared(50e-6, 50e-6 * (1 + 1e-12))), "") << "rounding is no difference";
  EXPECT_EQ(unequal_latency_warning(shared(50e-6, 100e-6)),
            "host routes over link 'uplink' have latencies from 5e-05 s to 0.0001 s: SimGrid shares a link "
            "in inverse proportion to "
            "them; give all host routes the same latency for equal shares");
  EXPECT_NE(unequal_latency_warning(shared(0, 50e-6)), "") << "a flow without latency starves the others";
  EXPECT_EQ(unequal_latency_warning(shared(50e-6, 100e-6, true)), "") << "a fat pipe is not shared";
  const System apart =
      make_system(platform_by_hand({{"fpga0", "fc-net", 100, 1}, {"fpga1", "fc-net", 100, 2}}),
                  catalogue_by_hand(kCatalogue));
  EXPECT_EQ(unequal_latency_warning(apart), "") << "nothing is shared";
}

TEST(System, BothDirectionsOfASharedLinkCount) {
  PlatformDescription platform = platform_by_hand({{"fpga0", "fc-net", 100, 1e-3}});
  platform.fpgas[0].to_host.links = platform.fpgas[0].from_host.links;  // one link both ways
  platform.fpgas[0].to_host.latency_s = 2e-3;
  const System system = make_system(platform, catalogue_by_hand(kCatalogue));
  EXPECT_EQ(unequal_latency_warning(system).substr(0, 74),
            "host routes over link 'fpga0_DOWN' have latencies from 0.001 s to 0.002 s:");
}

}  // namespace
}  // namespace h2h
