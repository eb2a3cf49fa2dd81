// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"

#include <algorithm>
#include <functional>
#include <sstream>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>
#include <pugixml.hpp>

#include <h2h/base/section.hpp>
#include <h2h/platform/system.hpp>

namespace h2h {
namespace {

/// What is written is what was read, but for the values: comments, and the ends of lines between elements.
constexpr unsigned kParse = pugi::parse_full | pugi::parse_ws_pcdata | pugi::parse_fragment;
constexpr unsigned kWrite = pugi::format_raw | pugi::format_no_declaration;

/// Elements of which a study can set values.
struct Kind {
  std::string prefix;
  std::string element;
  const std::vector<std::string>& properties;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds = {{"links.", "link", link_properties()},
                                           {"hosts.", "host", host_properties()}};
  return kKinds;
}

/// The platform as pugixml has it; what is malformed is left to the checker, which says it well.
class PlatformDocument {
 public:
  explicit PlatformDocument(const std::string& xml) {
    document_.load_buffer(xml.data(), xml.size(), kParse);
    find_elements(document_);
  }

  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const Element& element : elements_) {
      for (const std::string& key : keys(element)) all.push_back(element.prefix + key);
    }
    return all;
  }

  void set(const std::string& path, const std::string& value) {
    for (const Element& element : elements_) {
      if (!path.starts_with(element.prefix)) continue;
      const std::string key = path.substr(element.prefix.size());
      const std::vector<std::string> known = keys(element);
      if (std::find(known.begin(), known.end(), key) == known.end()) continue;
      set(element.node, key, value);
      return;
    }
  }

  std::string text() const {
    std::ostringstream out;
    document_.save(out, "", kWrite);
    return out.str();
  }

 private:
  struct Element {
    std::string prefix;
    pugi::xml_node node;
    const Kind* kind;
  };

  void find_elements(const pugi::xml_node& parent) {
    for (const pugi::xml_node& node : parent.children()) {
      for (const Kind& kind : kinds()) {
        if (node.name() == kind.element)
          elements_.push_back({fmt::format("{}{}.", kind.prefix, node.attribute("id").value()), node, &kind});
      }
      find_elements(node);
    }
  }

  static std::vector<std::string> keys(const Element& element) {
    std::vector<std::string> all;
    for (const pugi::xml_attribute& attribute : element.node.attributes()) {
      if (std::string_view(attribute.name()) != "id") all.emplace_back(attribute.name());
    }
    for (const pugi::xml_node& property : element.node.children("prop"))
      all.emplace_back(property.attribute("id").value());
    for (const std::string& property : element.kind->properties) {
      if (std::find(all.begin(), all.end(), property) == all.end()) all.push_back(property);
    }
    return all;
  }

  static void set(pugi::xml_node node, const std::string& key, const std::string& value) {
    if (pugi::xml_attribute attribute = node.attribute(key.c_str())) {
      attribute.set_value(value.c_str());
      return;
    }
    pugi::xml_node property = node.find_child_by_attribute("prop", "id", key.c_str());
    if (!property) {
      property = node.append_child("prop");
      property.append_attribute("id").set_value(key.c_str());
      property.append_attribute("value");
    }
    property.attribute("value").set_value(value.c_str());
  }

  pugi::xml_document document_;
  std::vector<Element> elements_;
};

}  // namespace

bool is_platform_path(std::string_view path) {
  return std::any_of(kinds().begin(), kinds().end(),
                     [&](const Kind& kind) { return path.starts_with(kind.prefix); });
}

std::vector<std::string> platform_paths(const PlatformFile& platform) {
  return PlatformDocument(platform.xml).paths();
}

std::vector<std::string> catalogue_paths(std::string_view yaml, const std::string& file) {
  return Section::parse(yaml, file).value_paths();
}

PlatformFile platform_with(const PlatformFile& platform, std::span<const Parameter> parameters) {
  if (std::none_of(parameters.begin(), parameters.end(),
                   [](const Parameter& parameter) { return is_platform_path(parameter.path); }))
    return platform;
  PlatformDocument document(platform.xml);
  for (const Parameter& parameter : parameters) {
    if (is_platform_path(parameter.path)) document.set(parameter.path, parameter.value);
  }
  return {platform.path, document.text()};
}

Catalogue catalogue_with(std::string_view yaml, const std::string& file,
                         std::span<const Parameter> parameters, const ModelFamilies& families) {
  const Section root = Section::parse(yaml, file);
  for (const Parameter& parameter : parameters) {
    if (!is_platform_path(parameter.path)) root.set_value(parameter.path, parameter.value);
  }
  return parse_catalogue(root, file, families);
}

Workload with_modalities(const Workload& workload, const std::string& modalities) {
  if (modalities == kAllModalities) return workload;
  std::vector<std::string> words;
  boost::split(words, modalities, boost::is_any_of(","));
  return workload.with_modalities(words);
}

}  // namespace h2h
