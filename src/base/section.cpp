// SPDX-License-Identifier: Apache-2.0
#include <h2h/base/section.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <h2h/base/text.hpp>

namespace h2h {
namespace {

/// 2^53: what is written as 2^53 + 1 becomes this when read as a double, so that sizes from here on are not
/// certain.
constexpr double kFirstInexactInteger = 9007199254740992.0;

/// What every section of one document shares.
struct Origin {
  std::string file;
  ErrorKind kind;
};

Location place_of(const Origin& origin, const YAML::Mark& mark) {
  if (mark.is_null()) return {origin.file};
  return {origin.file, mark.line + 1, mark.column + 1};
}

std::string_view kind_of(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "a single value";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a mapping";
    default:
      return "nothing";
  }
}

std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

template <typename Number>
std::string describe(Range<Number> range) {
  const bool below = range.most != Range<Number>{}.most;
  if (range == kPositive<Number> && !below) return "greater than zero";
  if constexpr (std::is_floating_point_v<Number>) {
    if (range == kFraction) return "more than 0 and at most 1";
  }
  if (range.least == Range<Number>{}.least && !below) return "a number";
  return below ? fmt::format("from {} to {}", range.least, range.most)
               : fmt::format("at least {}", range.least);
}

using VisitValue = std::function<void(const std::string& path, YAML::Node& value)>;

/// Calls @p visit with each single value below a mapping. An anchor may be met again, but not within itself:
/// what is deeper than any input needs to be is left alone.
void visit_values(const YAML::Node& map, const std::string& path, int depth, const VisitValue& visit) {
  constexpr int kDeepest = 32;
  if (depth > kDeepest) return;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) continue;
    const std::string name =
        path.empty() ? entry.first.Scalar() : fmt::format("{}.{}", path, entry.first.Scalar());
    YAML::Node value = entry.second;
    if (value.IsMap()) visit_values(value, name, depth + 1, visit);
    if (value.IsScalar()) visit(name, value);
  }
}

}  // namespace

struct Section::Content {
  std::shared_ptr<const Origin> origin;
  std::string path;  ///< of keys from the root, for messages
  YAML::Mark mark;
  std::vector<std::string> keys;
  std::unordered_map<std::string, YAML::Node> values;
  std::set<std::string, std::less<>> asked;

  Content(std::shared_ptr<const Origin> from, std::string at, const YAML::Node& node)
      : origin(std::move(from)), path(std::move(at)), mark(node.Mark()) {
    if (!node.IsMap()) {
      throw Error(origin->kind, place_of(*origin, mark),
                  fmt::format("{} must be a mapping of keys to values, not {}", name(), kind_of(node)));
    }
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        throw Error(origin->kind, place_of(*origin, entry.first.Mark()), "a key must be a single word");
      }
      const std::string& key = entry.first.Scalar();
      // yaml-cpp 0.7 keeps the first of two equal keys and says nothing.
      if (!values.emplace(key, entry.second).second) {
        throw Error(origin->kind, place_of(*origin, entry.first.Mark()),
                    fmt::format("key '{}' stands twice", key), "keep one");
      }
      keys.push_back(key);
    }
  }

  std::string name() const { return path.empty() ? "the document" : fmt::format("'{}'", path); }
  std::string name(std::string_view key) const {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }

  const YAML::Node* find(std::string_view key) {
    asked.emplace(key);
    const auto found = values.find(std::string(key));
    return found == values.end() || found->second.IsNull() ? nullptr : &found->second;
  }

  const YAML::Node& require(std::string_view key) {
    if (const YAML::Node* node = find(key)) return *node;
    const std::string wanted(key);
    // A misspelt key is the likely cause of a missing one; but Tn is not Tm, nor in_channels out_channels. In
    // short words only the case may differ.
    constexpr std::size_t kShortWord = 3;
    for (const std::string& other : keys) {
      const std::size_t most_edits = other.size() <= kShortWord ? 0 : 2;
      if (!asked.contains(other) && nearest(other, std::span(&wanted, 1), most_edits)) {
        throw Error(origin->kind, place_of(*origin, values.at(other).Mark()),
                    fmt::format("unknown key '{}'", other), fmt::format("did you mean '{}'?", wanted));
      }
    }
    throw Error(origin->kind, place_of(*origin, mark), fmt::format("{} lacks the key '{}'", name(), key));
  }

  const std::string& scalar(std::string_view key, const YAML::Node& node) const {
    if (node.IsScalar()) return node.Scalar();
    throw Error(origin->kind, place_of(*origin, node.Mark()),
                fmt::format("'{}' must be a single value, not {}", name(key), kind_of(node)));
  }

  const YAML::Node& list(std::string_view key) {
    const YAML::Node& node = require(key);
    if (node.IsSequence()) return node;
    throw Error(origin->kind, place_of(*origin, node.Mark()),
                fmt::format("'{}' must be a list, not {}", name(key), kind_of(node)));
  }

  double number(std::string_view key, const YAML::Node& node, Range<double> range) const {
    const std::string& text = scalar(key, node);
    const auto value = parse_number(text);
    if (!value) {
      throw Error(origin->kind, place_of(*origin, node.Mark()),
                  fmt::format("'{}' must be a number, not '{}'", name(key), text));
    }
    if (*value < range.least || *value > range.most) {
      throw Error(origin->kind, place_of(*origin, node.Mark()),
                  fmt::format("'{}' is {}; it must be {}", name(key), text, describe(range)));
    }
    return *value;
  }

  std::int64_t integer(std::string_view key, const YAML::Node& node, Range<std::int64_t> range) const {
    const double value = number(key, node, {});
    if (value != std::floor(value)) {
      throw Error(origin->kind, place_of(*origin, node.Mark()),
                  fmt::format("'{}' must be a whole number, not '{}'", name(key), node.Scalar()));
    }
    if (std::abs(value) >= kFirstInexactInteger) {
      throw Error(origin->kind, place_of(*origin, node.Mark()),
                  fmt::format("'{}' is {}; whole numbers must be below 2^53", name(key), node.Scalar()));
    }
    const auto whole = static_cast<std::int64_t>(value);
    if (whole < range.least || whole > range.most) {
      throw Error(origin->kind, place_of(*origin, node.Mark()),
                  fmt::format("'{}' is {}; it must be {}", name(key), whole, describe(range)));
    }
    return whole;
  }

  std::pair<std::int64_t, std::int64_t> pair(std::string_view key, const YAML::Node& node,
                                             Range<std::int64_t> range) const {
    if (!node.IsSequence()) {
      const std::int64_t both = integer(key, node, range);
      return {both, both};
    }
    if (node.size() != 2) {
      throw Error(origin->kind, place_of(*origin, node.Mark()),
                  fmt::format("'{}' must be one number or two, not {}", name(key), node.size()),
                  "height first, then width");
    }
    return {integer(key, node[0], range), integer(key, node[1], range)};
  }
};

Section Section::parse(std::string_view yaml, const std::string& file) {
  const auto origin = std::make_shared<const Origin>(Origin{file, ErrorKind::input});
  if (yaml.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::input, {file}, "is not text: it holds a zero byte", "give a YAML file");
  }
  if (const auto at = first_not_utf8(yaml)) {
    const std::string_view before = yaml.substr(0, *at);
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    throw Error(ErrorKind::input, {file, static_cast<int>(line), static_cast<int>(*at - line_start + 1)},
                "is not text in UTF-8", "convert it, such as by iconv");
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.empty() || documents.front().IsNull()) {
      throw Error(ErrorKind::input, {file}, "is empty", "give a YAML file");
    }
    if (documents.size() > 1) {
      throw Error(ErrorKind::input, place_of(*origin, documents[1].Mark()), "a second document begins here",
                  "give one document a file");
    }
    return Section(std::make_shared<Content>(origin, "", documents.front()));
  } catch (const YAML::DeepRecursion&) {
    throw Error(ErrorKind::input, {file}, "is nested too deeply",
                "no input of h2h-sim needs more than a few levels");
  } catch (const YAML::Exception& failure) {
    throw Error(ErrorKind::input, place_of(*origin, failure.mark),
                fmt::format("not valid YAML: {}", failure.msg));
  }
}

Section Section::from_options(std::span<const std::pair<std::string, std::string>> options,
                              const std::string& owner) {
  const auto origin = std::make_shared<const Origin>(Origin{owner, ErrorKind::usage});
  YAML::Node map(YAML::NodeType::Map);
  for (const auto& [key, value] : options) map.force_insert(key, value);
  return Section(std::make_shared<Content>(origin, "", map));
}

Location Section::where() const {
  return place_of(*content_->origin, content_->mark);
}

Location Section::where(std::string_view key) const {
  const auto found = content_->values.find(std::string(key));
  return found == content_->values.end() ? where() : place_of(*content_->origin, found->second.Mark());
}

bool Section::has(std::string_view key) const {
  return content_->find(key) != nullptr;
}

std::string Section::text(std::string_view key) const {
  return content_->scalar(key, content_->require(key));
}

std::string Section::text(std::string_view key, std::string_view otherwise) const {
  const YAML::Node* node = content_->find(key);
  return node == nullptr ? std::string(otherwise) : content_->scalar(key, *node);
}

std::string Section::choice(std::string_view key, std::span<const std::string> choices,
                            std::string_view otherwise) const {
  std::string value = text(key, otherwise);
  if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
    fail(key, fmt::format("'{}' cannot be '{}'", content_->name(key), value), suggest(value, choices));
  }
  return value;
}

std::int64_t Section::integer(std::string_view key, Range<std::int64_t> range) const {
  return content_->integer(key, content_->require(key), range);
}

std::int64_t Section::integer(std::string_view key, std::int64_t otherwise, Range<std::int64_t> range) const {
  const YAML::Node* node = content_->find(key);
  return node == nullptr ? otherwise : content_->integer(key, *node, range);
}

double Section::number(std::string_view key, Range<double> range) const {
  return content_->number(key, content_->require(key), range);
}

double Section::number(std::string_view key, double otherwise, Range<double> range) const {
  const YAML::Node* node = content_->find(key);
  return node == nullptr ? otherwise : content_->number(key, *node, range);
}

bool Section::flag(std::string_view key, bool otherwise) const {
  const YAML::Node* node = content_->find(key);
  if (node == nullptr) return otherwise;
  const std::string& value = content_->scalar(key, *node);
  if (value == "true" || value == "yes" || value == "on") return true;
  if (value == "false" || value == "no" || value == "off") return false;
  fail(key, fmt::format("'{}' must be true or false, not '{}'", content_->name(key), value));
}

double Section::quantity(std::string_view key, Dimension dimension, Range<double> range) const {
  const std::string value = text(key);
  const auto parsed = parse_quantity(value, dimension);
  if (!parsed) {
    const bool bare = parse_number(value).has_value();
    fail(key,
         bare ? fmt::format("'{}' is {} of what?", content_->name(key), value)
              : fmt::format("'{}' cannot be '{}'", content_->name(key), value),
         fmt::format("give a number with a unit: {}", describe_units(dimension)));
  }
  if (*parsed < range.least || *parsed > range.most) {
    fail(key, fmt::format("'{}' is {}; it must be {}", content_->name(key), value, describe(range)));
  }
  return *parsed;
}

Section Section::section(std::string_view key) const {
  return Section(std::make_shared<Content>(content_->origin, content_->name(key), content_->require(key)));
}

void Section::for_each(std::string_view key, const std::function<void(const Section&)>& visit) const {
  std::size_t index = 0;
  for (const YAML::Node& element : content_->list(key)) {
    visit(Section(std::make_shared<Content>(content_->origin,
                                            fmt::format("{}[{}]", content_->name(key), index++), element)));
  }
}

std::vector<std::string> Section::texts(std::string_view key) const {
  std::vector<std::string> all;
  for (const YAML::Node& element : content_->list(key)) all.push_back(content_->scalar(key, element));
  return all;
}

std::vector<Location> Section::places(std::string_view key) const {
  std::vector<Location> all;
  for (const YAML::Node& element : content_->list(key))
    all.push_back(place_of(*content_->origin, element.Mark()));
  return all;
}

std::vector<std::vector<std::string>> Section::text_lists(std::string_view key) const {
  std::vector<std::vector<std::string>> all;
  for (const YAML::Node& element : content_->list(key)) {
    if (!element.IsSequence()) {
      throw Error(content_->origin->kind, place_of(*content_->origin, element.Mark()),
                  fmt::format("'{}' must be a list of lists", content_->name(key)));
    }
    std::vector<std::string>& inner = all.emplace_back();
    for (const YAML::Node& value : element) inner.push_back(content_->scalar(key, value));
  }
  return all;
}

std::pair<std::int64_t, std::int64_t> Section::pair(std::string_view key, Range<std::int64_t> range) const {
  return content_->pair(key, content_->require(key), range);
}

std::pair<std::int64_t, std::int64_t> Section::pair(std::string_view key, std::int64_t otherwise,
                                                    Range<std::int64_t> range) const {
  const YAML::Node* node = content_->find(key);
  return node == nullptr ? std::pair{otherwise, otherwise} : content_->pair(key, *node, range);
}

bool Section::is_section(std::string_view key) const {
  const YAML::Node* node = content_->find(key);
  return node != nullptr && node->IsMap();
}

std::vector<std::string> Section::value_paths() const {
  std::vector<std::string> paths;
  for (const std::string& key : content_->keys) {
    const YAML::Node& value = content_->values.at(key);
    if (value.IsScalar()) paths.push_back(key);
    if (value.IsMap()) {
      visit_values(value, key, 1, [&](const std::string& path, const YAML::Node&) { paths.push_back(path); });
    }
  }
  return paths;
}

bool Section::set_value(std::string_view path, const std::string& text) const {
  bool found = false;
  const auto set = [&](const std::string& name, YAML::Node& value) {
    if (found || name != path) return;
    value = text;
    found = true;
  };
  for (const std::string& key : content_->keys) {
    YAML::Node value = content_->values.at(key);
    if (value.IsScalar()) set(key, value);
    if (value.IsMap()) visit_values(value, key, 1, set);
  }
  return found;
}

std::vector<std::string> Section::keys() const {
  content_->asked.insert(content_->keys.begin(), content_->keys.end());
  return content_->keys;
}

void Section::finish() const {
  for (const std::string& key : content_->keys) {
    if (content_->asked.contains(key)) continue;
    const std::vector<std::string> known(content_->asked.begin(), content_->asked.end());
    const std::string hint = known.empty() ? "it takes no options" : suggest(key, known);
    throw Error(content_->origin->kind, place_of(*content_->origin, content_->values.at(key).Mark()),
                content_->path.empty() ? fmt::format("unknown key '{}'", key)
                                       : fmt::format("unknown key '{}' in '{}'", key, content_->path),
                hint);
  }
}

void Section::fail(std::string_view key, const std::string& message, const std::string& hint) const {
  throw Error(content_->origin->kind, where(key), message, hint);
}

}  // namespace h2h
