// SPDX-License-Identifier: Apache-2.0
//
// Platforms that must not get past the simulator, nor take this process with them: what our own check names,
// what SimGrid refuses in its own words, and what it aborts on for reasons that only it knows.

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <h2h/simulation/simulator.hpp>

#include "simulation/platforms.hpp"
#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using test::fpga_node;
using test::full_zone;
using test::host_node;
using test::link_of;
using test::platform_xml;
using test::route_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

struct Broken {
  std::string name;
  std::string xml;
  std::string place;               ///< behind the file name: "" or ":LINE" or ":LINE:COLUMN"
  std::vector<std::string> words;  ///< each stands in the message
};

std::ostream& operator<<(std::ostream& out, const Broken& broken) {
  return out << broken.name;
}

class BrokenPlatforms : public testing::TestWithParam<Broken> {};

TEST_P(BrokenPlatforms, AreInputErrorsWithFileAndReason) {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("p.xml", GetParam().xml);
  const std::string error = error_of([&] { Simulator{file}; });
  EXPECT_THAT(error, StartsWith("input: " + file + GetParam().place + ": "));
  for (const std::string& word : GetParam().words) EXPECT_THAT(error, HasSubstr(word));
  EXPECT_EQ(error.find('\n'), std::string::npos) << "one line";
  // The process of SimGrid is gone, and nobody is left to be waited for.
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

std::string name_of(const testing::TestParamInfo<Broken>& info) {
  return info.param.name;
}

/// A host and an FPGA b with whatever stands between them, from line 5 on; the hosts are lines 5 and 6.
std::string pair_with(std::string_view links, std::string_view routes, std::string_view routing = "Full") {
  return platform_xml(fmt::format("<zone id=\"z\" routing=\"{}\">\n{}{}{}{}</zone>", routing, host_node(),
                                  fpga_node("b"), links, routes));
}

const std::string kLink = link_of("l", "1GBps", "1us");
const std::string kRoute = route_of("host", "b", {"l"});

// Each of these makes SimGrid 3.32 abort, crash or hang, or is accepted by it in silence.
INSTANTIATE_TEST_SUITE_P(
    OwnCheck, BrokenPlatforms,
    testing::Values(
        Broken{"SecondLink", pair_with(kLink + kLink, kRoute), ":8:1", {"a second link 'l'"}},
        Broken{
            "SecondHost", pair_with(fpga_node("b") + kLink, kRoute), ":7:1", {"a second host or router 'b'"}},
        Broken{"SecondZone",
               platform_xml("<zone id=\"z\" routing=\"Full\">\n<zone id=\"y\" routing=\"Full\"/>\n<zone "
                            "id=\"y\" routing=\"Full\"/></zone>"),
               ":6:1",
               {"a second zone 'y'"}},
        Broken{"SecondRoute",
               pair_with(kLink, kRoute + kRoute),
               ":9:1",
               {"a second route between 'host' and 'b'"}},
        Broken{"BandwidthZero",
               pair_with(link_of("l", "0GBps"), kRoute),
               ":7:1",
               {"bandwidth=\"0GBps\"", "greater than zero"}},
        Broken{
            "BandwidthNegative", pair_with(link_of("l", "-1GBps"), kRoute), ":7:1", {"bandwidth=\"-1GBps\""}},
        Broken{"BandwidthNan",
               pair_with(link_of("l", "nanGBps"), kRoute),
               ":7:1",
               {"bandwidth=\"nanGBps\"", "finite"}},
        Broken{"BandwidthInfinite",
               pair_with(link_of("l", "infGBps"), kRoute),
               ":7:1",
               {"bandwidth=\"infGBps\"", "finite"}},
        Broken{"BandwidthWithoutUnit",
               pair_with(link_of("l", "125000000"), kRoute),
               ":7:1",
               {"bandwidth=\"125000000\"", "unit"}},
        Broken{"LatencyNegative",
               pair_with(link_of("l", "1GBps", "-1us"), kRoute),
               ":7:1",
               {"latency=\"-1us\""}},
        Broken{"LatencyMissing",
               pair_with("<link id=\"l\" bandwidth=\"1GBps\"/>\n", kRoute),
               ":7:1",
               {"link 'l' has no latency"}},
        Broken{"SpeedNegative",
               pair_with("<host id=\"c\" speed=\"-1Gf\"/>\n" + kLink, kRoute),
               ":7:1",
               {"speed=\"-1Gf\""}},
        Broken{"SpeedTooSmallToCountWith",
               full_zone(host_node() +
                         "<host id=\"b\" speed=\"1e-14f\"><prop id=\"accelerator\" value=\"X\"/></host>\n" +
                         kLink + kRoute),
               ":6:1",
               {"host 'b' has a speed of 1e-14 f", "from 1f to 1e15Gf"}},
        Broken{"SpeedOfTheHostTooSmallToCountWith",
               full_zone("<host id=\"host\" speed=\"1e-14f\"><prop id=\"role\" value=\"host\"/></host>\n" +
                         fpga_node("b") + kLink + kRoute),
               ":5:1",
               {"host 'host' has a speed of 1e-14 f", "from 1f to 1e15Gf"}},
        Broken{"SpeedTooLargeToCountWith",
               full_zone(host_node() +
                         "<host id=\"b\" speed=\"1e300Gf\"><prop id=\"accelerator\" value=\"X\"/></host>\n" +
                         kLink + kRoute),
               ":6:1",
               {"host 'b' has a speed of inf f"}},
        Broken{"ConfigThatIsNonsense",
               platform_xml("<config><prop id=\"network/bandwidth-factor\" value=\"-1\"/></config>\n"
                            "<zone id=\"z\" routing=\"Full\">\n" +
                            host_node() + fpga_node("b") + kLink + kRoute + "</zone>"),
               "",
               {"<config> sets network/bandwidth-factor:-1", "finite"}},
        Broken{"SpeedZero",
               pair_with("<host id=\"c\" speed=\"0Gf\"/>\n" + kLink, kRoute),
               ":7:1",
               {"speed=\"0Gf\""}},
        Broken{"CoresZero",
               pair_with("<host id=\"c\" speed=\"1Gf\" core=\"0\"/>\n" + kLink, kRoute),
               ":7:1",
               {"core=\"0\""}},
        Broken{"RoutingUnknown",
               pair_with(kLink, kRoute, "Foo"),
               ":4:1",
               {"unknown routing 'Foo'", "known: Cluster"}},
        Broken{"DijkstraDisconnected",
               pair_with("<host id=\"c\" speed=\"1Gf\"/>\n" + kLink, kRoute, "Dijkstra"),
               ":4:1",
               {"no route leads from 'host' to 'c' and back"}},
        Broken{"DijkstraOneWay",
               pair_with(kLink,
                         "<route src=\"host\" dst=\"b\" symmetrical=\"NO\"><link_ctn id=\"l\"/></route>\n",
                         "Dijkstra"),
               ":4:1",
               {"no route leads from 'host' to 'b' and back"}},
        Broken{"StarHostWithoutLink",
               pair_with(kLink + "<host_link id=\"host\" up=\"l\" down=\"l\"/>\n", "", "Cluster"),
               ":6:1",
               {"host 'b' has no host_link"}},
        Broken{"StarUnknownLink",
               pair_with(kLink + "<host_link id=\"host\" up=\"l\" down=\"l\"/>\n<host_link id=\"b\" "
                                 "up=\"nope\" down=\"l\"/>\n",
                         "", "Cluster"),
               ":9:1",
               {"unknown link 'nope'"}},
        Broken{"StarUnknownHost",
               pair_with(kLink + "<host_link id=\"host\" up=\"l\" down=\"l\"/>\n<host_link id=\"b\" up=\"l\" "
                                 "down=\"l\"/>\n<host_link id=\"zz\" "
                                 "up=\"l\" down=\"l\"/>\n",
                         "", "Cluster"),
               ":10:1",
               {"unknown host 'zz'"}},
        Broken{"RouteUnknownLink",
               pair_with(kLink, route_of("host", "b", {"ll"})),
               ":8:27",
               {"unknown link 'll'; did you mean 'l'?"}},
        Broken{"RouteUnknownHost",
               pair_with(kLink, kRoute + route_of("host", "bb", {"l"})),
               ":9:1",
               {"unknown host 'bb'; did you mean 'b'?"}},
        Broken{"SplitDuplexWithoutDirection",
               pair_with(link_of("l", "1GBps", "0s", "SPLITDUPLEX"), kRoute),
               ":8:27",
               {"link 'l' is SPLITDUPLEX", "direction=\"UP\""}},
        Broken{"BadRadical",
               platform_xml("<cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"0-x\" speed=\"1Gf\" "
                            "bw=\"1GBps\" lat=\"1us\"/>"),
               ":4:1",
               {"radical=\"0-x\"", "such as 0-3,7"}},
        Broken{"Include",
               pair_with("<include file=\"other.xml\"/>\n" + kLink, kRoute),
               ":7:1",
               {"<include> is not supported"}},
        Broken{"Actor",
               platform_xml("<zone id=\"z\" routing=\"Full\"/>\n<actor host=\"a\" function=\"nope\"/>"),
               ":5:1",
               {"<actor> is not supported"}},
        Broken{"TwoZones",
               platform_xml("<zone id=\"y\" routing=\"Full\"/><zone id=\"z\" routing=\"Full\"/>"),
               ":3:1",
               {"2 root zones"}},
        Broken{"OldVersion",
               "<platform version=\"3\"><zone id=\"z\" routing=\"Full\"/></platform>",
               ":1:1",
               {"platform version '3'"}},
        Broken{"NewVersion",
               "<platform version=\"5\"><zone id=\"z\" routing=\"Full\"/></platform>",
               ":1:1",
               {"platform version '5'"}},
        Broken{"Empty", "", ":1:1", {"not valid XML"}},
        Broken{"OtherXml", "<html/>", ":1:1", {"the root element is <html>"}},
        Broken{"Truncated",
               "<platform version=\"4.1\">\n<zone id=\"z\" routing=\"Full\">\n  <host id=\"a\"",
               ":3:14",
               {"not valid XML"}}),
    name_of);

std::string deeply_nested() {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += fmt::format("<zone id=\"z{}\" routing=\"Full\">\n", i);
  for (int i = 0; i < 20000; ++i) text += "</zone>";
  return platform_xml(text);
}

INSTANTIATE_TEST_SUITE_P(DeepNesting, BrokenPlatforms,
                         testing::Values(Broken{
                             "Zones", deeply_nested(), ":69:1", {"zones are nested more than 64 deep"}}),
                         name_of);

// SimGrid says these well itself; its words are passed on, with the line that it names.
INSTANTIATE_TEST_SUITE_P(
    SimGridRefuses, BrokenPlatforms,
    testing::Values(
        Broken{"UnknownTag",
               pair_with("<fpga/>\n" + kLink, kRoute),
               ":7",
               {"SimGrid refuses the platform", "`<'"}},
        Broken{"UnknownAttribute",
               pair_with("<host id=\"c\" speed=\"1Gf\" color=\"red\"/>\n" + kLink, kRoute),
               ":7",
               {"SimGrid refuses the platform", "color"}},
        Broken{"MissingAttribute",
               pair_with("<host id=\"c\"/>\n" + kLink, kRoute),
               ":7",
               {"SimGrid refuses the platform", "speed"}},
        Broken{"WrongUnit",
               pair_with(link_of("l", "1GB"), kRoute),
               ":7",
               {"SimGrid refuses the platform", "unknown unit: GB"}},
        Broken{"NumberTooSmall",
               pair_with(link_of("l", "1e-310Bps"), kRoute),
               ":7",
               {"SimGrid refuses the platform", "out of range"}},
        Broken{
            "UnknownEntity",
            pair_with("<host id=\"c\" speed=\"1Gf\"><prop id=\"p\" value=\"&x;\"/></host>\n" + kLink, kRoute),
            ":7",
            {"SimGrid refuses the platform", "&"}},
        Broken{"ExternalEntity",
               "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\" "
               "[<!ENTITY x SYSTEM "
               "\"file:///etc/passwd\">]>\n<platform version=\"4.1\"><zone id=\"z\" "
               "routing=\"Full\"/></platform>\n",
               ":2",
               {"SimGrid refuses the platform", "<!DOCTYPE"}},
        Broken{"RouteBeforeItsHosts",
               full_zone(route_of("host", "b", {"l"}) + host_node() + fpga_node("b") + link_of("l", "1GBps")),
               ":5",
               {"SimGrid refuses the platform", "src='host'"}},
        Broken{"EmptyRoute",
               pair_with(kLink, route_of("host", "b", {})),
               "",
               {"SimGrid refuses the platform", "Empty route"}},
        Broken{"ByteOrderMark",
               "\xef\xbb\xbf" + pair_with(kLink, kRoute),
               ":1",
               {"SimGrid refuses the platform", "prolog"}},
        Broken{"UnknownSetting",
               platform_xml(
                   "<config><prop id=\"foo/bar\" value=\"x\"/></config>\n<zone id=\"z\" routing=\"Full\"/>"),
               "",
               {"SimGrid refuses the platform", "foo/bar"}}),
    name_of);

// What only SimGrid knows, and does not survive: its last words come from the child's log.
INSTANTIATE_TEST_SUITE_P(
    SimGridAborts, BrokenPlatforms,
    testing::Values(Broken{"PstateOutOfRange",
                           pair_with("<host id=\"c\" speed=\"1Gf\" pstate=\"7\"/>\n" + kLink, kRoute),
                           "",
                           {"SimGrid aborts on this platform: ", "pstate 7"}},
                    Broken{"TorusTooLarge",
                           platform_xml("<cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"0-11\" "
                                        "speed=\"1Gf\" bw=\"1GBps\" lat=\"1us\" "
                                        "topology=\"TORUS\" topo_parameters=\"5,5\"/>"),
                           "",
                           {"SimGrid aborts on this platform: ", "radical"}},
                    Broken{"RouteInAnEmptyZone",
                           pair_with(kLink, kRoute, "None"),
                           "",
                           {"SimGrid aborts on this platform: ", "new routes"}},
                    Broken{"LatencyOfWifi",
                           pair_with(kLink, kRoute, "Wifi"),
                           "",
                           {"SimGrid aborts on this platform: ", "WiFi"}}),
    name_of);

// Sound for SimGrid, but no system of a host and FPGAs.
INSTANTIATE_TEST_SUITE_P(
    NoSystem, BrokenPlatforms,
    testing::Values(
        Broken{"NoHost",
               full_zone(fpga_node("b")),
               "",
               {"no host has the role host; mark the host node by <prop id=\"role\" value=\"host\"/>"}},
        Broken{"OtherRole",
               full_zone("<host id=\"a\" speed=\"1Gf\"><prop id=\"role\" value=\"guest\"/></host>" +
                         fpga_node("b")),
               "",
               {"no host has the role host"}},
        Broken{"TwoHosts",
               full_zone(host_node() +
                         "<host id=\"twin\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>" +
                         fpga_node("b")),
               "",
               {"both 'host' and 'twin' have the role host; there is one host node"}},
        Broken{"NoFpga",
               full_zone(host_node()),
               "",
               {"no host is an FPGA; mark the FPGAs by <prop id=\"accelerator\" value=\"NAME\"/>, NAME from "
                "the catalogue"}},
        Broken{"UnreachableFull",
               pair_with(kLink + fpga_node("c"), kRoute),
               "",
               {"'c' cannot be reached from 'host': there is no link between them; every FPGA needs a route "
                "from the host and back"}},
        Broken{"UnreachableFloyd",
               pair_with(kLink + fpga_node("c"), kRoute, "Floyd"),
               "",
               {"'c' cannot be reached from 'host': "}},
        Broken{"NoWayBack",
               pair_with(kLink,
                         "<route src=\"host\" dst=\"b\" symmetrical=\"NO\"><link_ctn id=\"l\"/></route>\n"),
               "",
               {"'host' cannot be reached from 'b': there is no link between them"}},
        Broken{"BandwidthInfiniteInItsUnit",
               pair_with(link_of("l", "1e300YBps"), kRoute),
               "",
               {"link 'l' has inf B/s and a latency of 0 s; no simulation can count with such numbers"}},
        Broken{
            "LatencyOfAges",
            pair_with(link_of("l", "1GBps", "1e300s"), kRoute),
            "",
            {"link 'l' has 1e+09 B/s and a latency of 1e+300 s; no simulation can count with such numbers"}}),
    name_of);

TEST(MissingPlatforms, AreInputErrors) {
  EXPECT_EQ(error_of([] { Simulator{"no-such.xml"}; }),
            "input: no-such.xml: cannot be read: No such file or directory");
  EXPECT_EQ(error_of([] { Simulator{"/"}; }), "input: /: is a folder; give a file");
}

// What looks odd and is right.
TEST(SoundPlatforms, AreTaken) {
  const test::TemporaryFolder folder;
  const auto take = [&](const std::string& xml) {
    return error_of([&] {
      Simulator simulator(folder.write("p.xml", xml));
      // A thousand bytes to every FPGA and back.
      std::vector<ReplayProgram::Activity> activities;
      for (std::uint32_t node = 1; node <= simulator.platform().fpgas.size(); ++node) {
        activities.push_back({0, node, 1000});
        activities.push_back({node, 0, 1000});
      }
      for (const double end_s : simulator.replay(test::at_once(activities)).end_s) EXPECT_GT(end_s, 0);
    });
  };
  EXPECT_EQ(take(pair_with(kLink, kRoute)), "no error");
  EXPECT_EQ(take(pair_with(link_of("l", "1GBps", "0"), kRoute)), "no error") << "no latency, without a unit";
  EXPECT_EQ(take(pair_with(link_of("l", "1GBps", "0s", "FATPIPE"), kRoute)), "no error");
  for (const char* routing : {"Full", "Floyd", "Dijkstra", "DijkstraCache"})
    EXPECT_EQ(take(pair_with(kLink, kRoute, routing)), "no error");
  // The document type of old times, and a setting that would refuse every link if ours did not win.
  std::string old_type = pair_with(kLink, kRoute);
  old_type.replace(old_type.find("https://simgrid.org"), 19, "http://simgrid.gforge.inria.fr/simgrid");
  EXPECT_EQ(take(old_type), "no error");
  EXPECT_EQ(take(platform_xml("<config><prop id=\"network/model\" value=\"Constant\"/></config>\n<zone "
                              "id=\"z\" routing=\"Full\">\n" +
                              host_node() + fpga_node("b") + kLink + kRoute + "</zone>")),
            "no error");
  // FPGAs as a SimGrid cluster, joined to the host by the router that it makes up.
  EXPECT_EQ(
      take(platform_xml("<zone id=\"z\" routing=\"Full\">\n<zone id=\"y\" routing=\"Full\">" + host_node() +
                        "</zone>\n<cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"0-3\" speed=\"1Gf\" "
                        "bw=\"1GBps\" lat=\"1us\"><prop "
                        "id=\"accelerator\" value=\"X\"/></cluster>\n" +
                        kLink +
                        "<zoneRoute src=\"y\" dst=\"c\" gw_src=\"host\" gw_dst=\"nc_router\"><link_ctn "
                        "id=\"l\"/></zoneRoute>\n</zone>")),
      "no error");
}

TEST(ShippedPlatforms, AreTaken) {
  for (const char* name : {"platforms/cloud.xml", "platforms/cloud-contended.xml"}) {
    const Simulator simulator(test::source_file(name));
    EXPECT_EQ(simulator.platform().host, "host") << name;
    ASSERT_EQ(simulator.platform().fpgas.size(), 12U) << name;
    EXPECT_EQ(simulator.platform().catalogue, "accelerators.yaml");
    for (const FpgaDescription& fpga : simulator.platform().fpgas) {
      EXPECT_NEAR(fpga.from_host.latency_s, 50e-6, 1e-15) << name;
      EXPECT_EQ(fpga.to_host.latency_s, fpga.from_host.latency_s)
          << "all routes alike, so that shares are equal";
    }
  }
  EXPECT_EQ(Simulator(test::source_file("platforms/cloud.xml")).platform().fpgas[3].from_host.bandwidth_Bps,
            125e6);
  EXPECT_EQ(Simulator(test::source_file("platforms/cloud-contended.xml"))
                .platform()
                .fpgas[3]
                .from_host.bandwidth_Bps,
            1.25e9);
}

}  // namespace
}  // namespace h2h
