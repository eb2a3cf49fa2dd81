// SPDX-License-Identifier: Apache-2.0
//
// Broken platforms that SimGrid 3.32 aborts on, crashes on, hangs on or accepts in silence. Each must be
// named here, before SimGrid sees it; tests/simulation gives the same and more to SimGrid itself.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <h2h/platform/platform_xml.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;

std::string platform(std::string_view content) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n"
      "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
      "<platform version=\"4.1\">\n{}\n</platform>\n",
      content);
}

/// A zone of three hosts, a link and one route, with something added and of any routing.
std::string zone(std::string_view added, std::string_view routing = "Full",
                 std::string_view routes = "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>") {
  return platform(fmt::format(
      "<zone id=\"z\" routing=\"{}\">\n"
      "<host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/><host id=\"c\" speed=\"1Gf\"/>\n"
      "<link id=\"l\" bandwidth=\"1GBps\" latency=\"1us\"/>\n{}\n{}\n</zone>",
      routing, added, routes));
}

/// '@' marks the place.
void expect_error(const std::string& marked_xml, std::string_view says) {
  const auto [xml, place] = test::marked(marked_xml);
  EXPECT_EQ(error_of([&] { check_platform_text(xml, "p.xml"); }),
            fmt::format("input: p.xml:{}: {}", place, says));
}

void expect_sound(const std::string& xml) {
  EXPECT_EQ(error_of([&] { check_platform_text(xml, "p.xml"); }), "no error") << xml;
}

TEST(PlatformXml, SoundOnes) {
  expect_sound(zone(""));
  expect_sound(zone("<link id=\"k\" bandwidth=\"1e3MBps\" latency=\"0\"/>"));
  expect_sound(zone("<link id=\"k\" bandwidth=\"+1 GBps\" latency=\"0s\" sharing_policy=\"FATPIPE\"/>"));
  expect_sound(
      zone("<host id=\"d\" speed=\"1Gf,2Gf\" core=\"4\"><disk id=\"s\" read_bw=\"1GBps\" "
           "write_bw=\"1GBps\"/></host>"));
  expect_sound(zone("<router id=\"r\"/>"));
  expect_sound(platform("<AS id=\"z\" routing=\"None\"/>"));
  expect_sound(platform(
      "<config><prop id=\"network/model\" value=\"CM02\"/></config><zone id=\"z\" routing=\"Full\"/>"));
  EXPECT_EQ(error_of([] { check_platform_xml(test::source_file("platforms/cloud.xml")); }), "no error");
  EXPECT_EQ(error_of([] { check_platform_xml(test::source_file("platforms/cloud-contended.xml")); }),
            "no error");
}

TEST(PlatformXml, WhatIsNoPlatform) {
  expect_error("@", "not valid XML: No document element found");
  expect_error("hello@", "not valid XML: No document element found");
  expect_error("<?xml version=\"1.0\"?>\n@<html/>\n",
               "the root element is <html>; a platform file begins with <platform version=\"4.1\">");
  expect_error("@<platform version=\"5\"/>", "platform version '5'; h2h-sim reads version 4.1");
  expect_error("@<platform version=\"3\"/>", "platform version '3'; h2h-sim reads version 4.1");
  expect_error("@<platform/>", "platform version ''; h2h-sim reads version 4.1");
  expect_error("<platform version=\"4.1\">\n<zone id@=", "not valid XML: Error parsing element attribute");
  expect_error("<platform version=\"4.1\">\n<zone id=\"z\" routing=\"Full\"></@host></platform>",
               "not valid XML: Start-end tags mismatch");
}

TEST(PlatformXml, ExactlyOneRootZone) {
  expect_error("@<platform version=\"4.1\"/>", "0 root zones; a platform has exactly one");
  expect_error(
      "\n  @<platform version=\"4.1\"><zone id=\"z\" routing=\"Full\"/><zone id=\"z2\" "
      "routing=\"Full\"/></platform>",
      "2 root zones; a platform has exactly one");
}

TEST(PlatformXml, IdsAreUnique) {
  expect_error(zone("@<link id=\"l\" bandwidth=\"1GBps\" latency=\"1us\"/>"),
               "a second link 'l'; ids must be unique");
  expect_error(zone("@<host id=\"a\" speed=\"1Gf\"/>"), "a second host or router 'a'; ids must be unique");
  expect_error(zone("@<router id=\"a\"/>"), "a second host or router 'a'; ids must be unique");
  expect_error(zone("@<peer id=\"a\"/>"), "a second host or router 'a'; ids must be unique");
  expect_error(platform("<zone id=\"z\" routing=\"Full\"><zone id=\"z1\" routing=\"Full\"/>@<zone id=\"z1\" "
                        "routing=\"Full\"/></zone>"),
               "a second zone 'z1'; ids must be unique");
  expect_error(
      zone("<host id=\"d\" speed=\"1Gf\"><disk id=\"s\" read_bw=\"1Bps\" write_bw=\"1Bps\"/>@<disk id=\"s\" "
           "read_bw=\"1Bps\" write_bw=\"1Bps\"/></host>"),
      "a second disk 'd/s'; ids must be unique");
  expect_error(zone("<host id=\"d\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/>@<prop id=\"role\" "
                    "value=\"x\"/></host>"),
               "a second property 'role'; ids must be unique");
  // A split-duplex link is two links.
  expect_error(zone("<link id=\"k\" bandwidth=\"1GBps\" latency=\"1us\" sharing_policy=\"SPLITDUPLEX\"/>"
                    "@<link id=\"k_UP\" bandwidth=\"1GBps\" latency=\"1us\"/>"),
               "a second link 'k_UP'; ids must be unique");
  expect_error(zone("@<host speed=\"1Gf\"/>"), "<host> without an id");
  expect_error(zone("@<link bandwidth=\"1GBps\" latency=\"1us\"/>"), "<link> without an id");
  expect_error(zone("<host id=\"d\" speed=\"1Gf\">@<prop value=\"host\"/></host>"), "<prop> without an id");
  expect_error(zone("<host id=\"d\" speed=\"1Gf\">@<prop id=\"role\"/></host>"),
               "property 'role' has no value");
}

TEST(PlatformXml, NumbersArePositiveFiniteAndHaveAUnit) {
  const auto bandwidth = [](std::string_view value) {
    expect_error(
        zone(fmt::format("@<link id=\"k\" bandwidth=\"{}\" latency=\"1us\"/>", value)),
        fmt::format(
            "link 'k': bandwidth=\"{}\"; bandwidth must be greater than zero, finite and with its unit",
            value));
  };
  for (const char* value :
       {"0GBps", "-1GBps", "infGBps", "nanGBps", "GBps", "", "x", "1e999Bps", "0x10MBps", "1000"})
    bandwidth(value);
  const auto latency = [](std::string_view value) {
    expect_error(
        zone(fmt::format("@<link id=\"k\" bandwidth=\"1GBps\" latency=\"{}\"/>", value)),
        fmt::format("link 'k': latency=\"{}\"; latency must be zero or more, finite and with its unit",
                    value));
  };
  for (const char* value : {"-1us", "nans", "infs", "", "fast", "1"}) latency(value);
  const auto speed = [](std::string_view value) {
    expect_error(
        zone(fmt::format("@<host id=\"d\" speed=\"{}\"/>", value)),
        fmt::format("host 'd': speed=\"{}\"; speed must be greater than zero, finite and with its unit",
                    value));
  };
  for (const char* value : {"-1Gf", "0Gf", "nanf", "1"}) speed(value);
  expect_error(zone("@<host id=\"d\" speed=\"1Gf,0Gf\"/>"),
               "host 'd': speed=\"0Gf\"; speed must be greater than zero, finite and with its unit");
  for (const char* value : {"0", "-2", "x"}) {
    expect_error(zone(fmt::format("@<host id=\"d\" speed=\"1Gf\" core=\"{}\"/>", value)),
                 fmt::format("host 'd': core=\"{}\"; give a whole number, 1 or more", value));
  }
  expect_error(
      zone("<host id=\"d\" speed=\"1Gf\">@<disk id=\"s\" read_bw=\"0Bps\" write_bw=\"1Bps\"/></host>"),
      "disk 's': read_bw=\"0Bps\"; read_bw must be greater than zero, finite and with its unit");
  expect_error(
      zone("<host id=\"d\" speed=\"1Gf\">@<disk id=\"s\" read_bw=\"1Bps\" write_bw=\"-1Bps\"/></host>"),
      "disk 's': write_bw=\"-1Bps\"; write_bw must be greater than zero, finite and with its unit");
  expect_error(zone("@<link id=\"k\" bandwidth=\"1GBps\" latency=\"0us\" sharing_policy=\"WIFI\"/>"),
               "link 'k' is wireless, which is not modelled; give it sharing_policy SHARED, SPLITDUPLEX or "
               "FATPIPE");
  expect_error(zone("@<link id=\"k\" bandwidth=\"1GBps\"/>"),
               "link 'k' has no latency; give one, such as latency=\"50us\"; it may be 0s");
}

TEST(PlatformXml, Clusters) {
  const auto cluster = [](std::string_view attributes) {
    return platform(fmt::format(
        "<zone id=\"z\" routing=\"Full\">\n@<cluster id=\"c\" prefix=\"n\" suffix=\".x\" {}/></zone>",
        attributes));
  };
  const std::string rest = "speed=\"1Gf\" bw=\"1GBps\" lat=\"1us\"";
  const auto sound = [&](const std::string& attributes) { return test::marked(cluster(attributes)).text; };
  const PlatformXml found = check_platform_text(sound("radical=\"0-2,10\" " + rest), "p.xml");
  ASSERT_EQ(found.hosts.size(), 4U);
  EXPECT_EQ(found.hosts.at("n0.x").rank, 0U);
  EXPECT_EQ(found.hosts.at("n2.x").rank, 2U);
  EXPECT_EQ(found.hosts.at("n10.x").rank, 3U);
  for (const char* radical :
       {"0-x", "x", "", "3-1", "0-", "-1", "0,,1", "0-100000", "0-99999,200000", "99999999999999999999"}) {
    expect_error(
        cluster(fmt::format("radical=\"{}\" {}", radical, rest)),
        fmt::format(
            "cluster 'c': radical=\"{}\"; give numbers and ranges, such as 0-3,7, of at most 100000 hosts",
            radical));
  }
  expect_error(cluster("radical=\"0-3,2\" " + rest), "a second host or router 'n2.x'; ids must be unique");
  expect_error(cluster("radical=\"0-3\" speed=\"1Gf\" bw=\"0Bps\" lat=\"1us\""),
               "cluster 'c': bw=\"0Bps\"; bw must be greater than zero, finite and with its unit");
  expect_error(cluster("radical=\"0-3\" speed=\"1Gf\" bw=\"1Bps\" lat=\"-1us\""),
               "cluster 'c': lat=\"-1us\"; lat must be zero or more, finite and with its unit");
  for (const char* key : {"loopback_bw", "limiter_link", "bb_bw"}) {
    expect_error(
        cluster(fmt::format("radical=\"0-3\" {} {}=\"nanBps\"", rest, key)),
        fmt::format("cluster 'c': {0}=\"nanBps\"; {0} must be greater than zero, finite and with its unit",
                    key));
  }
  for (const char* key : {"loopback_lat", "bb_lat"}) {
    expect_error(
        cluster(fmt::format("radical=\"0-3\" {} {}=\"-1s\"", rest, key)),
        fmt::format("cluster 'c': {0}=\"-1s\"; {0} must be zero or more, finite and with its unit", key));
  }
  expect_error(cluster("radical=\"0-3\" core=\"0\" " + rest),
               "cluster 'c': core=\"0\"; give a whole number, 1 or more");
  expect_error(cluster("radical=\"0-3\" router_id=\"n3.x\" " + rest),
               "a second host or router 'n3.x'; ids must be unique");
  // A cluster may be the whole platform, and a zone's id is taken by it.
  expect_sound(platform("<cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"0\" " + rest + "/>"));
  expect_error(
      platform("<zone id=\"c\" routing=\"Full\">@<cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"0\" " +
               rest + "/></zone>"),
      "a second zone 'c'; ids must be unique");
}

TEST(PlatformXml, Routing) {
  expect_error(platform("@<zone id=\"z\" routing=\"Ful\"/>"),
               "zone 'z': unknown routing 'Ful'; did you mean 'Full'?");
  expect_error(platform("@<zone id=\"z\" routing=\"Foo\"/>"),
               "zone 'z': unknown routing 'Foo'; known: Cluster, Dijkstra, DijkstraCache, Floyd, Full, None, "
               "Vivaldi and Wifi");
  expect_error(platform("@<zone id=\"z\"/>"),
               "zone 'z': unknown routing ''; known: Cluster, Dijkstra, DijkstraCache, Floyd, Full, None, "
               "Vivaldi and Wifi");
}

TEST(PlatformXml, NestingHasALimit) {
  const auto nested = [](int zones, int marked_zone) {
    std::string text;
    for (int i = 0; i < zones; ++i)
      text += fmt::format("{}<zone id=\"z{}\" routing=\"Full\">", i == marked_zone ? "@" : "", i);
    for (int i = 0; i < zones; ++i) text += "</zone>";
    return platform(text);
  };
  expect_sound(nested(65, -1));
  expect_error(nested(66, 65), "zones are nested more than 64 deep");
  expect_error(nested(20000, 65), "zones are nested more than 64 deep");
}

TEST(PlatformXml, WhatIsNotSupported) {
  expect_error(zone("@<include file=\"other.xml\"/>"),
               "<include> is not supported; SimGrid 3.32 aborts on it; put everything into one file");
  for (const char* name : {"actor", "process", "trace", "trace_connect"}) {
    expect_error(
        platform(fmt::format("<zone id=\"z\" routing=\"Full\"/>@<{} host=\"a\" function=\"f\"/>", name)),
        fmt::format("<{}> is not supported; a platform describes hosts and links; take the element out",
                    name));
  }
  for (const char* key : {"availability_file", "speed_file", "state_file"}) {
    expect_error(zone(fmt::format("@<host id=\"d\" speed=\"1Gf\" {}=\"f\"/>", key)),
                 fmt::format("host 'd': {} is not supported; h2h-sim takes hosts and links as constant; take "
                             "the attribute out",
                             key));
  }
  for (const char* key : {"bandwidth_file", "latency_file", "state_file"}) {
    expect_error(zone(fmt::format("@<link id=\"k\" bandwidth=\"1GBps\" latency=\"0s\" {}=\"f\"/>", key)),
                 fmt::format("link 'k': {} is not supported; h2h-sim takes hosts and links as constant; take "
                             "the attribute out",
                             key));
  }
}

TEST(PlatformXml, EveryHostOfAClusterZoneHasALink) {
  const std::string links =
      "<host_link id=\"a\" up=\"l\" down=\"l\"/><host_link id=\"b\" up=\"l\" down=\"l\"/>";
  expect_sound(zone(links + "<host_link id=\"c\" up=\"l\" down=\"l\"/>", "Cluster", ""));
  expect_error(
      platform(
          "<zone id=\"z\" routing=\"Cluster\"><host id=\"a\" speed=\"1Gf\"/>@<host id=\"b\" speed=\"1Gf\"/>"
          "<link id=\"l\" bandwidth=\"1GBps\" latency=\"1us\"/><host_link id=\"a\" up=\"l\" "
          "down=\"l\"/></zone>"),
      "host 'b' has no host_link in its Cluster zone; add <host_link id=\"b\" up=\"...\" down=\"...\"/>");
}

TEST(PlatformXml, ReferencesToLinks) {
  expect_error(zone("", "Full", "<route src=\"a\" dst=\"b\">@<link_ctn id=\"ll\"/></route>"),
               "unknown link 'll'; did you mean 'l'?");
  expect_error(zone("", "Full", "<route src=\"a\" dst=\"b\">@<link_ctn id=\"nope\"/></route>"),
               "unknown link 'nope'; known: l");
  expect_error(zone("", "Full", "<route src=\"a\" dst=\"b\">@<link_ctn id=\"l\" direction=\"UP\"/></route>"),
               "unknown link 'l_UP'; a direction goes with a SPLITDUPLEX link only");
  const std::string split =
      "<link id=\"k\" bandwidth=\"1GBps\" latency=\"1us\" sharing_policy=\"SPLITDUPLEX\"/>";
  expect_sound(
      zone(split, "Full", "<route src=\"a\" dst=\"b\"><link_ctn id=\"k\" direction=\"UP\"/></route>"));
  expect_sound(
      zone(split, "Full", "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\" direction=\"NONE\"/></route>"));
  expect_error(zone(split, "Full", "<route src=\"a\" dst=\"b\">@<link_ctn id=\"k\"/></route>"),
               "link 'k' is SPLITDUPLEX; say direction=\"UP\" or direction=\"DOWN\"");
  const std::string hosts =
      "<host_link id=\"a\" up=\"l\" down=\"l\"/><host_link id=\"b\" up=\"l\" down=\"l\"/>";
  expect_error(zone(split + hosts + "@<host_link id=\"c\" up=\"k\" down=\"k_DOWN\"/>", "Cluster", ""),
               "link 'k' is SPLITDUPLEX; name k_UP and k_DOWN");
  expect_error(zone(hosts + "@<host_link id=\"c\" up=\"nope\" down=\"l\"/>", "Cluster", ""),
               "unknown link 'nope'; known: l");
  expect_error(zone(hosts + "@<host_link id=\"c\" up=\"l\" down=\"l_DOWN\"/>", "Cluster", ""),
               "unknown link 'l_DOWN'; a direction goes with a SPLITDUPLEX link only");
}

TEST(PlatformXml, ReferencesToHostsAndZones) {
  const std::string hosts =
      "<host_link id=\"a\" up=\"l\" down=\"l\"/><host_link id=\"b\" up=\"l\" down=\"l\"/><host_link id=\"c\" "
      "up=\"l\" down=\"l\"/>";
  expect_error(zone(hosts + "@<host_link id=\"zz\" up=\"l\" down=\"l\"/>", "Cluster", ""),
               "unknown host 'zz'; known: a, b and c");
  expect_error(zone("", "Full", "@<route src=\"a\" dst=\"fpga\"><link_ctn id=\"l\"/></route>"),
               "unknown host 'fpga'; known: a, b and c");
  expect_error(zone("", "Full", "@<route src=\"aa\" dst=\"b\"><link_ctn id=\"l\"/></route>"),
               "unknown host 'aa'; did you mean 'a'?");
  const auto joined = [](std::string_view route) {
    return platform(fmt::format(
        "<zone id=\"all\" routing=\"Full\">\n"
        "<zone id=\"rack0\" routing=\"Full\"><router id=\"s0\"/></zone>\n"
        "<cluster id=\"rack1\" prefix=\"n\" suffix=\"\" radical=\"0-1\" speed=\"1Gf\" bw=\"1GBps\" "
        "lat=\"1us\"/>\n"
        "<link id=\"up\" bandwidth=\"1GBps\" latency=\"1us\"/>\n{}<link_ctn id=\"up\"/></zoneRoute></zone>",
        route));
  };
  // A cluster without a router_id names its router itself: prefix, id and suffix.
  expect_sound(joined("<zoneRoute src=\"rack0\" dst=\"rack1\" gw_src=\"s0\" gw_dst=\"nrack1_router\">"));
  expect_error(joined("@<zoneRoute src=\"rack0\" dst=\"rack2\" gw_src=\"s0\" gw_dst=\"n0\">"),
               "unknown zone 'rack2'; did you mean 'rack0'?");
  expect_error(joined("@<zoneRoute src=\"rack0\" dst=\"rack1\" gw_src=\"s00\" gw_dst=\"n0\">"),
               "unknown host 's00'; did you mean 's0'?");
  expect_error(joined("@<zoneRoute src=\"rack0\" dst=\"rack1\" gw_src=\"s0\" gw_dst=\"gate\">"),
               "unknown host 'gate'; known: n0, n1, nrack1_router and s0");
}

TEST(PlatformXml, RoutesAreUnique) {
  const auto routes = [](std::string_view first, std::string_view second) {
    return zone("", "Full",
                fmt::format("<route {}><link_ctn id=\"l\"/></route>\n@<route {}><link_ctn id=\"l\"/></route>",
                            first, second));
  };
  const std::string hint = "; routes run both ways unless symmetrical=\"NO\"";
  expect_error(routes("src=\"a\" dst=\"b\"", "src=\"a\" dst=\"b\""),
               "a second route between 'a' and 'b'" + hint);
  expect_error(routes("src=\"a\" dst=\"b\"", "src=\"b\" dst=\"a\""),
               "a second route between 'b' and 'a'" + hint);
  expect_error(routes("src=\"a\" dst=\"b\"", "src=\"b\" dst=\"a\" symmetrical=\"NO\""),
               "a second route between 'b' and 'a'" + hint);
  expect_error(routes("src=\"a\" dst=\"b\" symmetrical=\"NO\"", "src=\"a\" dst=\"b\" symmetrical=\"NO\""),
               "a second route between 'a' and 'b'" + hint);
  expect_sound(
      test::marked(routes("src=\"a\" dst=\"b\" symmetrical=\"NO\"", "src=\"b\" dst=\"a\" symmetrical=\"NO\""))
          .text);
  expect_sound(test::marked(routes("src=\"a\" dst=\"a\"", "src=\"a\" dst=\"b\"")).text);
}

TEST(PlatformXml, DijkstraZonesAreConnectedBothWays) {
  const std::string ab = "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>";
  const auto dijkstra = [](const std::string& routes, std::string_view routing = "Dijkstra") {
    const std::string text = zone("", routing, routes);
    const std::size_t at = text.find("<zone");
    return fmt::format("{}@{}", text.substr(0, at), text.substr(at));
  };
  expect_error(dijkstra(ab),
               "zone 'z': no route leads from 'a' to 'c' and back; add a <route> or <zoneRoute>");
  expect_error(dijkstra(ab, "DijkstraCache"),
               "zone 'z': no route leads from 'a' to 'c' and back; add a <route> or <zoneRoute>");
  expect_error(dijkstra(ab + "<route src=\"b\" dst=\"c\" symmetrical=\"NO\"><link_ctn id=\"l\"/></route>"),
               "zone 'z': no route leads from 'a' to 'c' and back; add a <route> or <zoneRoute>");
  expect_sound(test::marked(dijkstra(ab + "<route src=\"b\" dst=\"c\"><link_ctn id=\"l\"/></route>")).text);
  // A ring of one-way routes leads everywhere.
  std::string ring;
  for (const auto& [from, to] : {std::pair("a", "b"), std::pair("b", "c"), std::pair("c", "a")}) {
    ring +=
        fmt::format("<route src=\"{}\" dst=\"{}\" symmetrical=\"NO\"><link_ctn id=\"l\"/></route>", from, to);
  }
  expect_sound(test::marked(dijkstra(ring)).text);
}

TEST(PlatformXml, PowerOfLinks) {
  const auto link = [](std::string_view properties, std::string_view policy = "SHARED") {
    return zone(
        fmt::format("@<link id=\"k\" bandwidth=\"1GBps\" latency=\"0s\" sharing_policy=\"{}\">{}</link>",
                    policy, properties));
  };
  const PlatformXml found =
      check_platform_text(test::marked(link("<prop id=\"idle_W\" value=\"0.5\"/><prop id=\"busy_W\" "
                                            "value=\"2\"/><prop id=\"maker\" value=\"x\"/>",
                                            "SPLITDUPLEX"))
                              .text,
                          "p.xml");
  ASSERT_TRUE(found.link_power.contains("k"));
  EXPECT_EQ(found.link_power.at("k").idle_W, 0.5);
  EXPECT_EQ(found.link_power.at("k").busy_W, 2);
  EXPECT_TRUE(found.link_power.at("k").split_duplex);
  EXPECT_FALSE(found.link_power.contains("l"));
  expect_error(link("<prop id=\"idle_W\" value=\"3\"/><prop id=\"busy_W\" value=\"2\"/>"),
               "link 'k' draws less when busy (2 W) than when idle (3 W); busy_W is the power at full use, "
               "idle_W included");
  for (const char* value : {"-1", "nan", "inf", "2W", ""}) {
    std::string text = link(fmt::format("@<prop id=\"busy_W\" value=\"{}\"/>", value));
    text.erase(text.find('@'), 1);  // the property is the place
    expect_error(
        text, fmt::format("link 'k': property busy_W is '{}'; give watts as a number, zero or more", value));
  }
}

TEST(PlatformXml, HostsKeepTheirOrderAndPlace) {
  const PlatformXml found =
      check_platform_text(platform("<zone id=\"z\" routing=\"Full\">\n<host id=\"fpga2\" speed=\"1Gf\"/>\n  "
                                   "<host id=\"fpga10\" speed=\"1Gf\"/></zone>"),
                          "p.xml");
  EXPECT_EQ(found.hosts.at("fpga2").rank, 0U);
  EXPECT_EQ(found.hosts.at("fpga10").rank, 1U);
  EXPECT_EQ(found.hosts.at("fpga10").where.to_string(), "p.xml:6:3");
}

TEST(PlatformXml, FilesThatCannotBeRead) {
  const test::TemporaryFolder folder;
  const std::string missing = folder.path() / "none.xml";
  EXPECT_EQ(error_of([&] { check_platform_xml(missing); }),
            "input: " + missing + ": cannot be read: No such file or directory");
  const std::string file = folder.write("p.xml", "<html/>");
  EXPECT_EQ(error_of([&] { check_platform_xml(file); }),
            "input: " + file +
                ":1:1: the root element is <html>; a platform file begins with <platform version=\"4.1\">");
}

TEST(PlatformXml, OnlyUtf8) {
  EXPECT_EQ(error_of([] { check_platform_text("<platform version=\"4.1\">\n<!-- gr\xfc\xdf -->", "p.xml"); }),
            "input: p.xml:2:8: is not text in UTF-8; convert it, such as by iconv");
}

}  // namespace
}  // namespace h2h
