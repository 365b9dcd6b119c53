// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/spec.hpp"

#include "base/text.hpp"
#include "probe/place.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace assay::probe {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 4> kinds = {
    {{Kind::count, "count"}, {Kind::cover, "cover"}, {Kind::order, "order"}, {Kind::delay, "delay"}}};

constexpr std::string_view form =
    "write NAME=KIND@PLACE, with options behind the kind: stall=delay,20ms,every=2,most=100,vcpu=0@do_mmap";

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

template <class Number>
bool read_number(std::string_view text, std::optional<Number>& number) {
  Number value = 0;
  const bool read = read_number(text, value);
  number = value;
  return read;
}

/// "every=2" or, for a delay, its length.
Status read_option(std::string_view option, ProbeSpec& spec) {
  const auto equals = option.find('=');
  if (equals == std::string_view::npos) {
    const auto delay = parse_duration(option);
    if (!delay) {
      return fail(Failure::usage, "option \"{}\": {}", printable(option), delay.error().text());
    }
    spec.delay = *delay;
    return {};
  }
  const auto key = option.substr(0, equals);
  const auto value = option.substr(equals + 1);
  const bool read = key == "every"         ? read_number(value, spec.every)
                    : key == "probability" ? read_number(value, spec.probability)
                    : key == "vcpu"        ? read_number(value, spec.vcpu)
                    : key == "most"        ? read_number(value, spec.most)
                                           : false;
  if (!read) {
    return fail(Failure::usage,
                "\"{}\" is not an option of a probe: there is every=N, probability=P, vcpu=N, most=N",
                printable(option));
  }
  return {};
}

/// "mm/memory.c:120" -> "memory.c-120"
std::string name_from(std::string_view place) {
  constexpr std::size_t longest = 40;
  std::string name;
  for (const char c : place.substr(place.find_last_of('/') + 1)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  return name.substr(0, longest);
}

bool is_probe_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

bool acts_in(const ProbeSpec& spec, std::string_view workload) {
  return spec.workloads.empty() ||
         std::find(spec.workloads.begin(), spec.workloads.end(), workload) != spec.workloads.end();
}

std::string_view name_of(Kind kind) {
  for (const auto& [known, name] : kinds) {
    if (known == kind) {
      return name;
    }
  }
  return "mark";
}

Result<Kind> parse_kind(std::string_view text) {
  std::vector<std::string> names;
  for (const auto& [kind, name] : kinds) {
    if (name == text) {
      return kind;
    }
    names.emplace_back(name);
  }
  return fail(Failure::usage, "\"{}\" is not a kind of probe{}; there is {}", printable(text),
              did_you_mean(text, names), listed(names));
}

Result<ProbeSpec> parse_probe(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at + 1 == text.size()) {
    return fail(Failure::usage, "\"{}\" is not a probe: {}", printable(text), form);
  }
  ProbeSpec spec;
  spec.places = {std::string(trimmed(text.substr(at + 1)))};
  auto head = text.substr(0, at);
  if (const auto equals = head.find('='); equals < head.find(',')) {
    spec.name = head.substr(0, equals);
    head.remove_prefix(equals + 1);
  } else {
    spec.name = name_from(spec.places.front());
  }
  const auto parts = split(head, ',');
  const auto kind = parse_kind(parts.front());
  if (!kind) {
    return kind.error();
  }
  spec.kind = *kind;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (auto read = read_option(parts[i], spec); !read) {
      return read.error();
    }
  }
  if (auto checked = check(spec); !checked) {
    return checked.error();
  }
  return spec;
}

Status check(const ProbeSpec& spec) {
  if (!is_probe_name(spec.name)) {
    return fail(Failure::usage, "\"{}\" is not a name: use up to 64 letters, digits, '.', '_' and '-'",
                printable(spec.name));
  }
  if (spec.places.empty()) {
    return fail(Failure::usage, "probe {} names no place", spec.name);
  }
  for (const auto& text : spec.places) {
    const auto place = parse_place(text);
    if (!place) {
      return place.error();
    }
    if (std::holds_alternative<PatchPlace>(*place) && spec.kind != Kind::cover) {
      return fail(Failure::usage, "probe {}: only kind cover takes the place \"patch\"", spec.name);
    }
  }
  const bool delays = spec.kind == Kind::delay;
  if (delays && (spec.delay <= Nanoseconds(0) || spec.delay > longest_delay)) {
    return fail(Failure::usage, "probe {}: a delay takes from 1us to {}, as in \"20ms\"", spec.name,
                human(longest_delay));
  }
  const bool tuned =
      spec.delay != Nanoseconds(0) || spec.every != 1 || spec.probability != 1 || spec.vcpu || spec.most;
  if (!delays && tuned) {
    return fail(Failure::usage, "probe {}: a length, every, probability, vcpu and most belong to kind delay",
                spec.name);
  }
  if (spec.every == 0 || !(spec.probability > 0 && spec.probability <= 1)) {
    return fail(Failure::usage, "probe {}: every is from 1, and a probability above 0 and at most 1",
                spec.name);
  }
  return {};
}

std::vector<FigureName> figures_of(const ProbeSpec& spec, unsigned vcpus) {
  const auto name = "probe." + spec.name;
  if (spec.kind == Kind::cover) {
    return {{name, "places", "how many of the places ran"},
            {name + ".all", "places", "how many have instructions"}};
  }
  std::vector<FigureName> figures;
  if (spec.kind == Kind::delay) {
    figures.push_back({name, "delays", "how many were made"});
    figures.push_back({name + ".hits", "hits", "how often the place was reached, delayed or not"});
  } else {
    figures.push_back({name, "hits", "how often the place was reached"});
  }
  for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
    figures.push_back({fmt::format("{}.cpu{}", name, vcpu), "hits", "how often it was reached on that vCPU"});
  }
  return figures;
}

std::string text_of(const ProbeSpec& spec) {
  auto text = std::string(name_of(spec.kind));
  if (spec.kind == Kind::delay) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(spec.delay);
    text +=
        us < std::chrono::milliseconds(1) ? fmt::format(" of {} us", us.count()) : " of " + human(spec.delay);
  }
  text += (spec.kind == Kind::cover ? " of " : " at ") + listed(spec.places);
  if (spec.every > 1) {
    text += fmt::format(", each {}. hit", spec.every);
  }
  if (spec.probability < 1) {
    text += fmt::format(", with probability {}", spec.probability);
  }
  if (spec.vcpu) {
    text += fmt::format(", on vCPU {}", *spec.vcpu);
  }
  if (spec.most) {
    text += fmt::format(", at most {}", *spec.most);
  }
  return text;
}

}  // namespace assay::probe
