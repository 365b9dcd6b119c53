// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/program_use.hpp"

#include "base/text.hpp"
#include "program/figure_names.hpp"

#include <algorithm>
#include <utility>

namespace assay::experiment {
namespace {

std::vector<std::string> read_texts(TableReader& reader, std::string_view key) {
  std::vector<PlacedText> placed;
  reader.read(key, placed);
  std::vector<std::string> texts;
  for (auto& one : placed) {
    texts.push_back(std::move(one.text));
  }
  return texts;
}

std::vector<std::string> read_environment(TableReader& reader, Mistakes& mistakes) {
  std::vector<std::string> environment;
  const toml::table* table = nullptr;
  if (!reader.read("environment", table)) {
    return environment;
  }
  for (const auto& child : children_of(*table)) {
    if (!child.node->is_string()) {
      mistakes.add(place_of(child.node->source()),
                   fmt::format("environment.{} must be a string, not {}", child.name, kind_of(*child.node)));
    } else if (child.name.empty() || child.name.find('=') != std::string::npos) {
      mistakes.add(child.key, fmt::format("\"{}\" cannot be the name of a variable", child.name));
    } else {
      environment.push_back(child.name + "=" + child.node->ref<std::string>());
    }
  }
  return environment;
}

/// "retries" or "latency us".
std::vector<CounterInfo> read_figures(TableReader& reader, Mistakes& mistakes) {
  std::vector<PlacedText> placed;
  reader.read("figures", placed);
  const auto usual = program::own_figures();
  std::vector<CounterInfo> figures;
  for (const auto& [text, where] : placed) {
    const auto blank = text.find(' ');
    CounterInfo info{text.substr(0, blank), "", ""};
    info.unit = blank == std::string::npos ? "" : std::string(trimmed(text.substr(blank)));
    if (!program::is_figure_name(info.name) || info.unit.find(' ') != std::string::npos) {
      mistakes.add(where, fmt::format("\"{}\" is no figure of a program: write NAME or \"NAME UNIT\", a name "
                                      "of at most 64 letters, digits and \"_\"",
                                      text));
    } else if (std::ranges::find(usual, info.name, &program::OwnFigure::name) != usual.end()) {
      mistakes.add(where,
                   fmt::format("each program has a figure \"{}\", which is not its own to print: leave "
                               "it out here, claims may use it",
                               info.name));
    } else if (std::ranges::find(figures, info.name, &CounterInfo::name) != figures.end()) {
      mistakes.add(where, fmt::format("\"{}\" is there twice", info.name));
    } else {
      figures.push_back(std::move(info));
    }
  }
  return figures;
}

}  // namespace

std::string folder_of_program(const std::string& workload) { return "/programs/" + workload; }

std::vector<std::string> environment_of(const ProgramUse& use) {
  auto environment = use.environment;
  std::vector<std::string> usual{"PATH=/bin:/sbin:/usr/bin:/usr/sbin"};
  if (use.user.empty()) {
    usual.emplace_back("HOME=/root");
  }
  for (auto& one : usual) {
    const auto name = one.substr(0, one.find('=') + 1);
    if (std::ranges::none_of(environment, [&](const auto& other) { return other.starts_with(name); })) {
      environment.push_back(std::move(one));
    }
  }
  return environment;
}

namespace {

void read_file_name(TableReader& reader, std::string_view key, PlacedText& name) {
  if (!reader.require(key, name.text)) {
    return;
  }
  name.where = reader.place(key);
  if (name.text.ends_with('/')) {
    reader.mistake(key, fmt::format("\"{}\" names no program", name.text));
  }
}

Result<Bytes> parse_limit(std::string_view text) {
  auto limit = parse_bytes(text);
  if (limit && (*limit < mib(1) || *limit > gib(1024))) {
    return fail(Failure::usage, "\"{}\" is out of range: 1M to 1024G", text);
  }
  return limit;
}

}  // namespace

ProgramUse read_program(TableReader& reader, Mistakes& mistakes) {
  ProgramUse use;
  read_file_name(reader, "program", use.program);
  for (const auto& [key, name] : {std::pair("setup", &use.setup), std::pair("settle", &use.settle)}) {
    if (reader.has(key)) {
      read_file_name(reader, key, *name);
    }
  }
  reader.read("memory", use.memory, "64M", parse_limit);
  if (reader.find("workload") != nullptr) {
    reader.mistake("workload",
                   fmt::format("{} has a workload and a program: it is one or the other", reader.what()));
  }
  if (reader.find("params") != nullptr) {
    reader.mistake("params", "a program has no params: it gets arguments = [...] and environment = { ... }");
  }
  use.arguments = read_texts(reader, "arguments");
  use.environment = read_environment(reader, mistakes);
  reader.read("files", use.files);
  use.cflags = read_texts(reader, "cflags");
  if (!use.cflags.empty() && !is_source(use.program) && !is_source(use.setup) && !is_source(use.settle)) {
    reader.mistake("cflags", fmt::format("cflags are for a source, which \"{}\" is not: its name would end "
                                         "in .c",
                                         use.program.text));
  }
  reader.read("make", use.make);
  if (use.make && is_source(use.program)) {
    reader.mistake("make", fmt::format("\"{}\" is compiled without a Makefile: with make = true, program is "
                                       "what the Makefile makes",
                                       use.program.text));
  }
  if (reader.has("root")) {
    reader.require("root", use.root);
  }
  if (reader.has("user")) {
    reader.require("user", use.user);
  }
  reader.read("marks", use.marks);
  use.figures = read_figures(reader, mistakes);
  use.tests = read_texts(reader, "tests");
  return use;
}

WorkloadInfo words_of(const std::string& name, const ProgramUse& use) {
  WorkloadInfo info;
  info.name = name;
  info.counters = use.figures;
  for (const auto& [figure, unit] : program::own_figures()) {
    info.counters.push_back({std::string(figure), std::string(unit), ""});
  }
  info.checks = use.tests;
  info.checks.emplace_back(program::exit_check);
  info.checks.emplace_back(program::ktap_check);
  if (use.marks) {
    info.checks.emplace_back(program::marks_check);
  }
  return info;
}

}  // namespace assay::experiment
