// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <h2h/simulation/program.hpp>

namespace h2h::test {

// Small platforms as XML, in pieces.

inline std::string platform_xml(std::string_view content) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n"
      "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
      "<platform version=\"4.1\">\n{}\n</platform>\n",
      content);
}

inline std::string host_node() {
  return "<host id=\"host\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>\n";
}

inline std::string fpga_node(std::string_view name) {
  return fmt::format("<host id=\"{}\" speed=\"1Gf\"><prop id=\"accelerator\" value=\"X\"/></host>\n", name);
}

inline std::string link_of(std::string_view name, std::string_view bandwidth, std::string_view latency = "0s",
                           std::string_view policy = "SHARED") {
  return fmt::format("<link id=\"{}\" bandwidth=\"{}\" latency=\"{}\" sharing_policy=\"{}\"/>\n", name,
                     bandwidth, latency, policy);
}

/// A route between two hosts and back; a link as "name", or as "name/UP" for a direction of a split-duplex
/// one.
inline std::string route_of(std::string_view from, std::string_view to,
                            const std::vector<std::string>& links) {
  std::string text = fmt::format("<route src=\"{}\" dst=\"{}\">", from, to);
  for (const std::string& link : links) {
    const std::size_t slash = link.find('/');
    text += fmt::format(
        "<link_ctn id=\"{}\"{}/>", link.substr(0, slash),
        slash == std::string::npos ? "" : fmt::format(" direction=\"{}\"", link.substr(slash + 1)));
  }
  return text + "</route>\n";
}

inline std::string full_zone(std::string_view content) {
  return platform_xml(fmt::format("<zone id=\"z\" routing=\"Full\">\n{}</zone>", content));
}

/// A host and FPGAs on one switch: a split-duplex port each, with all the latency on the FPGAs' side.
inline std::string star(int fpgas, std::string_view host_bandwidth, std::string_view fpga_bandwidth,
                        std::string_view latency = "0s") {
  std::string text = "<zone id=\"z\" routing=\"Cluster\">\n" + host_node();
  for (int i = 0; i < fpgas; ++i) text += fpga_node(fmt::format("fpga{}", i));
  text += "<router id=\"switch\"/>\n" + link_of("host_port", host_bandwidth, "0s", "SPLITDUPLEX");
  for (int i = 0; i < fpgas; ++i)
    text += link_of(fmt::format("port{}", i), fpga_bandwidth, latency, "SPLITDUPLEX");
  text += "<host_link id=\"host\" up=\"host_port_UP\" down=\"host_port_DOWN\"/>\n";
  for (int i = 0; i < fpgas; ++i)
    text += fmt::format("<host_link id=\"fpga{0}\" up=\"port{0}_UP\" down=\"port{0}_DOWN\"/>\n", i);
  return platform_xml(text + "</zone>");
}

/// Activities that start together at time 0.
inline ReplayProgram at_once(const std::vector<ReplayProgram::Activity>& activities) {
  ReplayProgram program;
  program.activities = activities;
  program.first_successor.assign(activities.size() + 1, 0);
  return program;
}

/// Activities and who waits for whom: (earlier, later).
inline ReplayProgram program_of(const std::vector<ReplayProgram::Activity>& activities,
                                const std::vector<std::pair<std::uint32_t, std::uint32_t>>& waits) {
  ReplayProgram program;
  program.activities = activities;
  for (std::uint32_t earlier = 0; earlier < activities.size(); ++earlier) {
    for (const auto& [before, after] : waits) {
      if (before == earlier) program.successors.push_back(after);
    }
    program.first_successor.push_back(static_cast<std::uint32_t>(program.successors.size()));
  }
  return program;
}

}  // namespace h2h::test
