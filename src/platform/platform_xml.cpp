// SPDX-License-Identifier: Apache-2.0
#include <h2h/platform/platform_xml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>
#include <fmt/format.h>
#include <pugixml.hpp>

#include <h2h/base/files.hpp>
#include <h2h/base/text.hpp>
#include <h2h/platform/system.hpp>

namespace h2h {
namespace {

using pugi::xml_node;

constexpr int kDeepestZone = 64;  // SimGrid overflows its stack at thousands
constexpr std::int64_t kMostHosts = 100000;

const std::vector<std::string>& routings() {
  static const std::vector<std::string> names = {"Cluster", "Dijkstra", "DijkstraCache", "Floyd",
                                                 "Full",    "None",     "Vivaldi",       "Wifi"};
  return names;
}

bool is_zone(const xml_node& node) {
  const std::string_view name = node.name();
  return name == "zone" || name == "AS";
}

/// The ids `first..last` of a cluster's `radical`, such as "0-3,7".
std::optional<std::vector<std::int64_t>> parse_radical(const std::string& text) {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> parts;
  boost::split(parts, text, boost::is_any_of(","));
  const auto number = [](const std::string& word) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failure != std::errc{} || end != word.data() + word.size() || value < 0) return std::nullopt;
    return value;
  };
  for (const std::string& part : parts) {
    const auto dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= kMostHosts) return std::nullopt;
    for (std::int64_t i = *first; i <= *last; ++i) numbers.push_back(i);
    if (static_cast<std::int64_t>(numbers.size()) > kMostHosts) return std::nullopt;
  }
  return numbers;
}

/// Walks a platform document; one method an element.
class Checker {
 public:
  Checker(const std::string& text, const std::string& file) : text_(text), file_(file) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  PlatformXml run() {
    if (const auto at = first_not_utf8(text_)) {
      throw Error(ErrorKind::input, place_at(static_cast<std::ptrdiff_t>(*at)), "is not text in UTF-8",
                  "convert it, such as by iconv");
    }
    pugi::xml_document document;
    const auto parsed = document.load_buffer(text_.data(), text_.size());
    if (!parsed) {
      throw Error(ErrorKind::input, place_at(parsed.offset),
                  fmt::format("not valid XML: {}", parsed.description()));
    }
    const xml_node platform = document.document_element();
    if (std::string_view(platform.name()) != "platform") {
      refuse(platform, fmt::format("the root element is <{}>", platform.name()),
             "a platform file begins with <platform version=\"4.1\">");
    }
    const std::string_view version = platform.attribute("version").value();
    if (version != "4.1" && version != "4") {
      refuse(platform, fmt::format("platform version '{}'", version), "h2h-sim reads version 4.1");
    }
    int roots = 0;
    for (const xml_node& child : platform.children()) {
      if (is_zone(child) || std::string_view(child.name()) == "cluster") {
        ++roots;
        static const std::vector<std::string> kOfRoot = {"accelerators", "generated_by"};
        refuse_misspelt(child, "root zone", kOfRoot);
        const xml_node named = child.find_child_by_attribute("prop", "id", "accelerators");
        result_.catalogue = named.attribute("value").value();
      }
      if (std::string_view(child.name()) == "config") {
        for (const xml_node& setting : child.children("prop"))
          result_.settings.push_back(
              fmt::format("{}:{}", setting.attribute("id").value(), setting.attribute("value").value()));
      }
      element(child, 0);
    }
    if (roots != 1) refuse(platform, fmt::format("{} root zones", roots), "a platform has exactly one");
    check_references();
    return std::move(result_);
  }

 private:
  struct Reference {
    xml_node node;
    std::string id;
  };

  Location place_at(std::ptrdiff_t offset) const {
    const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, offset));
    const auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), at) - line_starts_.begin();
    const std::size_t column = at - line_starts_[line - 1] + 1;
    return {file_, static_cast<int>(line), static_cast<int>(column)};
  }

  Location place(const xml_node& node) const {
    // pugixml gives the offset of the name; the element begins at the bracket before it.
    return place_at(node.offset_debug() - 1);
  }

  [[noreturn]] void refuse(const xml_node& node, const std::string& message,
                           const std::string& hint = {}) const {
    throw Error(ErrorKind::input, place(node), message, hint);
  }

  static std::string label(const xml_node& node) {
    const std::string_view id = node.attribute("id").value();
    return id.empty() ? fmt::format("<{}>", node.name()) : fmt::format("{} '{}'", node.name(), id);
  }

  enum class Zero : bool { refused, allowed };

  /// The number in front of the unit, which SimGrid parses. SimGrid takes a bare number, too; here it is a
  /// mistake.
  void quantity(const xml_node& node, const char* key, Zero zero) const {
    const pugi::xml_attribute attribute = node.attribute(key);
    if (!attribute) return;
    std::vector<std::string> values;  // a host's speed may be a list, one for each state
    boost::split(values, attribute.value(), boost::is_any_of(","));
    for (std::string& value : values) {
      boost::trim(value);
      double parsed = 0;
      const char* begin = value.data() + (value.starts_with('+') ? 1 : 0);
      const auto [end, failure] = std::from_chars(begin, value.data() + value.size(), parsed);
      const bool has_unit = parsed == 0 || end != value.data() + value.size();
      if (failure != std::errc{} || !std::isfinite(parsed) || parsed < 0 || !has_unit ||
          (parsed == 0 && zero == Zero::refused)) {
        refuse(node, fmt::format("{}: {}=\"{}\"", label(node), key, value),
               fmt::format("{} must be {}, finite and with its unit", key,
                           zero == Zero::allowed ? "zero or more" : "greater than zero"));
      }
    }
  }

  void cores(const xml_node& node) const {
    const pugi::xml_attribute attribute = node.attribute("core");
    if (attribute && attribute.as_int() < 1) {
      refuse(node, fmt::format("{}: core=\"{}\"", label(node), attribute.value()),
             "give a whole number, 1 or more");
    }
  }

  double watts(const xml_node& property) const {
    const std::string_view text = property.attribute("value").value();
    double parsed = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(parsed) || parsed < 0) {
      refuse(property,
             fmt::format("{}: property {} is '{}'", label(property.parent()),
                         property.attribute("id").value(), text),
             "give watts as a number, zero or more");
    }
    return parsed;
  }

  void no_events(const xml_node& node) const {
    for (const char* key :
         {"availability_file", "speed_file", "state_file", "bandwidth_file", "latency_file"}) {
      if (node.attribute(key)) {
        refuse(node, fmt::format("{}: {} is not supported", label(node), key),
               "h2h-sim takes hosts and links as constant; take the attribute out");
      }
    }
  }

  void unique(const xml_node& node, std::set<std::string>& ids, const std::string& id,
              std::string_view what) const {
    if (id.empty()) refuse(node, fmt::format("<{}> without an id", node.name()));
    if (!ids.insert(id).second) refuse(node, fmt::format("a second {} '{}'", what, id), "ids must be unique");
  }

  void properties(const xml_node& node) const {
    std::set<std::string> ids;
    for (const xml_node& property : node.children("prop")) {
      unique(property, ids, property.attribute("id").value(), "property");
      if (!property.attribute("value"))
        refuse(property, fmt::format("property '{}' has no value", property.attribute("id").value()));
    }
  }

  void element(const xml_node& node, int depth) {
    if (node.type() != pugi::node_element) return;
    const std::string_view name = node.name();
    properties(node);
    no_events(node);
    if (name == "include")
      refuse(node, "<include> is not supported", "SimGrid 3.32 aborts on it; put everything into one file");
    if (name == "actor" || name == "process" || name == "trace" || name == "trace_connect") {
      refuse(node, fmt::format("<{}> is not supported", name),
             "a platform describes hosts and links; take the element out");
    }
    if (is_zone(node)) return zone(node, depth);
    if (name == "cluster" || name == "cabinet") return cluster(node);
    if (name == "host") return host(node);
    if (name == "router" || name == "peer")
      return unique(node, netpoints_, node.attribute("id").value(), "host or router");
    if (name == "link") return link(node);
    if (name == "host_link") return host_link(node);
    if (name == "route" || name == "zoneRoute" || name == "ASroute") return route(node);
  }

  void zone(const xml_node& node, int depth) {
    if (depth > kDeepestZone) refuse(node, fmt::format("zones are nested more than {} deep", kDeepestZone));
    unique(node, zones_, node.attribute("id").value(), "zone");
    const std::string routing = node.attribute("routing").value();
    if (std::find(routings().begin(), routings().end(), routing) == routings().end()) {
      refuse(node, fmt::format("zone '{}': unknown routing '{}'", node.attribute("id").value(), routing),
             suggest(routing, routings()));
    }
    for (const xml_node& child : node.children()) element(child, depth + 1);
    if (routing == "Cluster") hosts_have_links(node);
    if (routing == "Dijkstra" || routing == "DijkstraCache") is_connected(node);
    unique_routes(node);
  }

  /// A property that nobody reads may be somebody else's, but not one that is nearly ours.
  void refuse_misspelt(const xml_node& node, const std::string& of,
                       const std::vector<std::string>& known) const {
    constexpr std::size_t kMostEdits = 2;
    for (const xml_node& property : node.children("prop")) {
      const std::string key = property.attribute("id").value();
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      if (const auto meant = nearest(key, known, kMostEdits))
        refuse(property, fmt::format("{}: unknown property '{}'", of, key),
               fmt::format("did you mean '{}'?", *meant));
    }
  }

  void host(const xml_node& node) {
    const std::string id = node.attribute("id").value();
    unique(node, netpoints_, id, "host or router");
    refuse_misspelt(node, fmt::format("host '{}'", id), host_properties());
    result_.hosts[id] = {place(node), result_.hosts.size()};
    quantity(node, "speed", Zero::refused);
    cores(node);
    for (const xml_node& disk : node.children("disk")) {
      unique(disk, disks_, id + "/" + disk.attribute("id").value(), "disk");
      quantity(disk, "read_bw", Zero::refused);
      quantity(disk, "write_bw", Zero::refused);
      properties(disk);
    }
  }

  void link(const xml_node& node) {
    const std::string id = node.attribute("id").value();
    unique(node, links_, id, "link");
    const std::string_view policy = node.attribute("sharing_policy").value();
    if (policy == "WIFI") {
      refuse(node, fmt::format("link '{}' is wireless, which is not modelled", id),
             "give it sharing_policy SHARED, SPLITDUPLEX or FATPIPE");
    }
    const bool split = policy == "SPLITDUPLEX";
    if (split) {
      unique(node, links_, id + "_UP", "link");
      unique(node, links_, id + "_DOWN", "link");
    }
    quantity(node, "bandwidth", Zero::refused);
    quantity(node, "latency", Zero::allowed);
    if (!node.attribute("latency")) {
      refuse(node, fmt::format("link '{}' has no latency", id),
             "give one, such as latency=\"50us\"; it may be 0s");
    }
    refuse_misspelt(node, fmt::format("link '{}'", id), link_properties());
    PlatformXml::LinkPower power;
    power.split_duplex = split;
    for (const xml_node& property : node.children("prop")) {
      const std::string_view key = property.attribute("id").value();
      if (key == "idle_W") power.idle_W = watts(property);
      if (key == "busy_W") power.busy_W = watts(property);
    }
    if (power.busy_W < power.idle_W) {
      refuse(node,
             fmt::format("link '{}' draws less when busy ({} W) than when idle ({} W)", id, power.busy_W,
                         power.idle_W),
             "busy_W is the power at full use, idle_W included");
    }
    if (power.busy_W > 0) result_.link_power[id] = power;
  }

  void cluster(const xml_node& node) {
    unique(node, zones_, node.attribute("id").value(), "zone");
    for (const char* key : {"speed", "bw", "loopback_bw", "limiter_link", "bb_bw"})
      quantity(node, key, Zero::refused);
    for (const char* key : {"lat", "loopback_lat", "bb_lat"}) quantity(node, key, Zero::allowed);
    cores(node);
    const auto radical = parse_radical(node.attribute("radical").value());
    if (!radical) {
      refuse(node, fmt::format("{}: radical=\"{}\"", label(node), node.attribute("radical").value()),
             fmt::format("give numbers and ranges, such as 0-3,7, of at most {} hosts", kMostHosts));
    }
    for (const std::int64_t i : *radical) {
      const std::string id =
          fmt::format("{}{}{}", node.attribute("prefix").value(), i, node.attribute("suffix").value());
      unique(node, netpoints_, id, "host or router");
      result_.hosts[id] = {place(node), result_.hosts.size()};
    }
    // Without a router_id SimGrid makes the name up.
    const std::string made_up = fmt::format("{}{}_router{}", node.attribute("prefix").value(),
                                            node.attribute("id").value(), node.attribute("suffix").value());
    unique(node, netpoints_, node.attribute("router_id").as_string(made_up.c_str()), "host or router");
  }

  void host_link(const xml_node& node) {
    hosts_needed_.push_back({node, node.attribute("id").value()});
    for (const char* key : {"up", "down"}) links_needed_.push_back({node, node.attribute(key).value()});
  }

  void route(const xml_node& node) {
    const bool of_hosts = std::string_view(node.name()) == "route";
    for (const char* key : {"src", "dst"})
      (of_hosts ? hosts_needed_ : zones_needed_).push_back({node, node.attribute(key).value()});
    for (const char* key : {"gw_src", "gw_dst"}) {
      if (!of_hosts) hosts_needed_.push_back({node, node.attribute(key).value()});
    }
    for (const xml_node& part : node.children("link_ctn")) {
      // With a direction the id is that of the whole split-duplex link.
      const std::string_view direction = part.attribute("direction").value();
      const bool directed = direction == "UP" || direction == "DOWN";
      links_needed_.push_back({part, fmt::format("{}{}{}", part.attribute("id").value(), directed ? "_" : "",
                                                 directed ? direction : "")});
    }
  }

  void hosts_have_links(const xml_node& zone) const {
    std::set<std::string_view> linked;
    for (const xml_node& host_link : zone.children("host_link"))
      linked.insert(host_link.attribute("id").value());
    for (const xml_node& host : zone.children("host")) {
      if (!linked.contains(host.attribute("id").value())) {
        refuse(
            host, fmt::format("host '{}' has no host_link in its Cluster zone", host.attribute("id").value()),
            fmt::format("add <host_link id=\"{}\" up=\"...\" down=\"...\"/>", host.attribute("id").value()));
      }
    }
  }

  static bool runs_both_ways(const xml_node& route) {
    const std::string_view symmetrical = route.attribute("symmetrical").value();
    return symmetrical.empty() || symmetrical == "YES" || symmetrical == "yes";
  }

  /// Looking up a route that does not exist crashes SimGrid's Dijkstra zones, and hangs them where only the
  /// way back is missing.
  void is_connected(const xml_node& zone) const {
    std::vector<std::string_view> names;
    std::map<std::string_view, std::size_t> index;
    for (const xml_node& child : zone.children()) {
      const std::string_view name = child.name();
      if (name != "host" && name != "router" && name != "cluster" && !is_zone(child)) continue;
      names.emplace_back(child.attribute("id").value());
      index.emplace(names.back(), index.size());
    }
    boost::adjacency_list<> graph(names.size());
    for (const xml_node& child : zone.children()) {
      const auto source = index.find(child.attribute("src").value());
      const auto target = index.find(child.attribute("dst").value());
      if (source == index.end() || target == index.end()) continue;
      boost::add_edge(source->second, target->second, graph);
      if (runs_both_ways(child)) boost::add_edge(target->second, source->second, graph);
    }
    std::vector<std::size_t> component(names.size());
    boost::strong_components(
        graph, boost::make_iterator_property_map(component.begin(), boost::get(boost::vertex_index, graph)));
    for (std::size_t i = 1; i < names.size(); ++i) {
      if (component[i] != component[0]) {
        refuse(zone,
               fmt::format("zone '{}': no route leads from '{}' to '{}' and back",
                           zone.attribute("id").value(), names[0], names[i]),
               "add a <route> or <zoneRoute>");
      }
    }
  }

  void unique_routes(const xml_node& zone) const {
    std::set<std::pair<std::string, std::string>> known;
    for (const xml_node& child : zone.children()) {
      const std::string_view name = child.name();
      if (name != "route" && name != "zoneRoute" && name != "ASroute") continue;
      const std::string source = child.attribute("src").value();
      const std::string target = child.attribute("dst").value();
      if (!known.emplace(source, target).second ||
          (runs_both_ways(child) && source != target && !known.emplace(target, source).second)) {
        refuse(child, fmt::format("a second route between '{}' and '{}'", source, target),
               "routes run both ways unless symmetrical=\"NO\"");
      }
    }
  }

  void check_references() const {
    for (const Reference& reference : links_needed_) {
      if (reference.id.empty()) continue;
      if (!links_.contains(reference.id)) {
        const bool split = links_.contains(reference.id + "_UP") ||
                           links_.contains(reference.id.substr(0, reference.id.rfind('_')));
        const std::vector<std::string> known(links_.begin(), links_.end());
        refuse(reference.node, fmt::format("unknown link '{}'", reference.id),
               split ? "a direction goes with a SPLITDUPLEX link only" : suggest(reference.id, known));
      }
      if (links_.contains(reference.id + "_UP")) {
        const bool in_route = std::string_view(reference.node.name()) == "link_ctn";
        refuse(reference.node, fmt::format("link '{}' is SPLITDUPLEX", reference.id),
               in_route ? "say direction=\"UP\" or direction=\"DOWN\""
                        : fmt::format("name {0}_UP and {0}_DOWN", reference.id));
      }
    }
    known_to(hosts_needed_, netpoints_, "host");
    known_to(zones_needed_, zones_, "zone");
  }

  void known_to(const std::vector<Reference>& references, const std::set<std::string>& ids,
                std::string_view what) const {
    for (const Reference& reference : references) {
      if (reference.id.empty() || ids.contains(reference.id)) continue;  // SimGrid reports what is missing
      const std::vector<std::string> known(ids.begin(), ids.end());
      refuse(reference.node, fmt::format("unknown {} '{}'", what, reference.id),
             suggest(reference.id, known));
    }
  }

  const std::string& text_;
  const std::string& file_;
  std::vector<std::size_t> line_starts_ = {0};
  PlatformXml result_;
  std::set<std::string> netpoints_;
  std::set<std::string> links_;
  std::set<std::string> zones_;
  std::set<std::string> disks_;
  std::vector<Reference> links_needed_;
  std::vector<Reference> hosts_needed_;
  std::vector<Reference> zones_needed_;
};

}  // namespace

const std::vector<std::string>& link_properties() {
  static const std::vector<std::string> kNames = {"idle_W", "busy_W"};
  return kNames;
}

PlatformFile::PlatformFile(std::filesystem::path from) : path(std::move(from)), xml(read_file(path)) {}

PlatformXml check_platform_text(const std::string& xml, const std::string& file) {
  return Checker(xml, file).run();
}

PlatformXml check_platform_xml(const std::filesystem::path& path) {
  return check_platform_text(read_file(path), path.string());
}

}  // namespace h2h
