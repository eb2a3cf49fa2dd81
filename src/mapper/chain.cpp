// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/chain.hpp>

#include <algorithm>

#include <boost/fusion/include/adapt_struct.hpp>
#include <boost/fusion/include/std_pair.hpp>
#include <boost/spirit/home/x3.hpp>
#include <fmt/format.h>

#include <h2h/base/text.hpp>
#include <h2h/plugin/registry.hpp>

BOOST_FUSION_ADAPT_STRUCT(h2h::ChainWord, name, options)

namespace h2h {
namespace {

namespace x3 = boost::spirit::x3;

const auto kWord = x3::rule<class WordTag, std::string>{} = +(x3::alnum | x3::char_("-_."));
const auto kValue = x3::rule<class ValueTag, std::string>{} = +(x3::char_ - x3::char_(",[]"));
const auto kOption = x3::rule<class OptionTag, std::pair<std::string, std::string>>{} =
    kWord >> '=' >> kValue;
const auto kOptions = x3::rule<class OptionsTag, std::vector<std::pair<std::string, std::string>>>{} =
    ('[' >> -(kOption % ',') >> ']') | x3::attr(std::vector<std::pair<std::string, std::string>>{});
const auto kStep = x3::rule<class StepTag, ChainWord>{} = kWord >> kOptions;
const auto kChain = x3::rule<class ChainTag, std::vector<ChainWord>>{} = kStep % '+';

[[noreturn]] void refuse_name(const std::string& name, const Registry& registry) {
  std::vector<std::string> known;
  for (const auto& [mapper, _] : registry.mappers()) known.push_back(mapper);
  for (const auto& [step, _] : registry.steps()) known.push_back(step);
  throw Error(ErrorKind::usage, fmt::format("unknown mapper or step '{}'", name), suggest(name, known));
}

/// Appends the steps of a chain. @param depth of mappers that stand for mappers
void add_steps(std::string_view text, const Registry& registry, int depth, Mapper& mapper) {
  constexpr int kDeepest = 16;
  if (depth > kDeepest) {
    throw Error(ErrorKind::usage, fmt::format("mapper '{}' stands for itself", mapper.name));
  }
  for (const ChainWord& word : parse_chain(text)) {
    const Section options = Section::from_options(word.options, fmt::format("mapper '{}'", word.name));
    if (const auto family = registry.mappers().find(word.name); family != registry.mappers().end()) {
      const std::string chain = family->second.expand(options);
      options.finish();
      add_steps(chain, registry, depth + 1, mapper);
    } else if (const auto step = registry.steps().find(word.name); step != registry.steps().end()) {
      mapper.steps.push_back({word.name, step->second.make(options)});
      options.finish();
      if (!mapper.steps.back().step)
        throw Error(ErrorKind::internal, fmt::format("the factory of step '{}' makes none", word.name));
    } else {
      refuse_name(word.name, registry);
    }
  }
}

}  // namespace

std::vector<ChainWord> parse_chain(std::string_view text) {
  std::vector<ChainWord> words;
  auto at = text.begin();
  if (!x3::parse(at, text.end(), kChain, words) || at != text.end()) {
    const auto column = at - text.begin();
    throw Error(
        ErrorKind::usage,
        fmt::format("mapper '{}' cannot be read from its character {} on", text, column + 1),
        "write step[option=value,...]+step+..., such as h2h or computation-prioritized+weight-locality");
  }
  return words;
}

Mapper make_mapper(std::string_view text, const Registry& registry) {
  Mapper mapper;
  mapper.name = text;
  add_steps(text, registry, 0, mapper);
  return mapper;
}

StepResult run_step(const Problem& problem, const Mapper::Step& step, const Mapping& mapping,
                    StepContext& context) {
  StepResult result = step.step->run(problem, mapping, context);
  if (!result.mapping.is_complete())
    throw Error(ErrorKind::internal, fmt::format("step '{}' leaves layers unmapped", step.name));
  return result;
}

StepResult run_chain(const Problem& problem, const Mapper& mapper, Mapping start, StepContext& context) {
  StepResult whole{std::move(start)};
  for (const Mapper::Step& step : mapper.steps) {
    StepResult result = run_step(problem, step, whole.mapping, context);
    whole.mapping = std::move(result.mapping);
    whole.evaluations += result.evaluations;
    whole.exact = whole.exact && result.exact;
    if (!result.note.empty())
      whole.note += fmt::format("{}{}: {}", whole.note.empty() ? "" : "; ", step.name, result.note);
  }
  return whole;
}

bool may_exceed_dram(const Mapper& mapper) {
  return std::any_of(mapper.steps.begin(), mapper.steps.end(),
                     [](const Mapper::Step& step) { return step.step->may_exceed_dram(); });
}

}  // namespace h2h
