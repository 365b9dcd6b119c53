// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/claim_tables.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "experiment/names.hpp"

#include <algorithm>
#include <set>

namespace assay::experiment {
namespace {

/// Adds the tables of an array; `name` is that of each: "[[claims]]".
void add_tables(const toml::array& array, const toml::table* group, const std::string& name,
                std::vector<ClaimTable>& claims, Mistakes& mistakes) {
  for (const auto& element : array) {
    if (const auto* table = element.as_table(); table != nullptr) {
      claims.push_back({table, group, name});
    } else {
      mistakes.add(
          place_of(element.source()),
          fmt::format("a claim must be a table, not {}: write {} above its keys", kind_of(element), name));
    }
  }
}

void add_group(const TomlChild& child, std::vector<ClaimTable>& claims, Mistakes& mistakes) {
  const auto& group = *child.node->as_table();
  const auto name = fmt::format("[[groups.{}.claims]]", child.name);
  const auto* node = group.get("claims");
  const auto* array = node == nullptr ? nullptr : node->as_array();
  if (array == nullptr || array->empty()) {
    mistakes.add(node == nullptr ? child.key : place_of(node->source()),
                 fmt::format("[groups.{}] has no claims: write a {} for each", child.name, name));
    return;
  }
  add_tables(*array, &group, name, claims, mistakes);
}

/// Of a claim that cites a quote: that has them.
void refuse_own_words(TableReader& claim) {
  for (const auto* key : {"quote", "author", "message_id"}) {
    if (claim.find(key) != nullptr) {
      claim.mistake(key, fmt::format("{} of a claim that cites a quote: leave out one of both", key));
    }
  }
}

/// Author and message of a sentence, unless they are the usual ones.
void read_origin(TableReader& reader, Quote& quote) {
  if (reader.find("author") != nullptr || quote.author.empty()) {
    reader.require("author", quote.author);
  }
  reader.read("message_id", quote.message_id, "1234@example.org", parse_message_id);
  if (quote.message_id.empty() && !reader.has("message_id")) {
    reader.missing("message_id");
  }
}

Quote read_quote(const TomlChild& child, Quote quote, Mistakes& mistakes) {
  auto reader = reader_of(child, "quotes", mistakes);
  quote.name = child.name;
  quote.where = child.key;
  reader.require("text", quote.text);
  read_origin(reader, quote);
  reader.finish();
  return quote;
}

/// The group of `one`, for all claims.
void check_group(const ClaimTable& one, const std::vector<ClaimTable>& claims,
                 const std::vector<std::string>& known, Mistakes& mistakes) {
  const auto name = one.name.substr(1, one.name.rfind('.') - 1) + "]";
  for (const auto& child : children_of(*one.group)) {
    const auto is_elsewhere = [&](const ClaimTable& claim) {
      return claim.group != one.group || claim.own->contains(child.name);
    };
    if (child.name == "claims") {
      continue;
    }
    if (child.name == "id" || child.name == "says") {
      mistakes.add(child.key, fmt::format("each claim of {} must have its own {}", name, child.name));
    } else if (std::ranges::find(known, child.name) == known.end()) {
      mistakes.add(child.key, fmt::format("unknown key \"{}\" in {}{}", child.name, name,
                                          did_you_mean(child.name, known)));
    } else if (std::ranges::all_of(claims, is_elsewhere)) {
      mistakes.add(child.key,
                   fmt::format("{} is of no use here: each claim of {} has its own", child.name, name));
    }
  }
}

}  // namespace

TableReader ClaimTable::reader(Mistakes& mistakes) const {
  return {*own, place_of(own->source()), name, mistakes, group};
}

std::vector<ClaimTable> claim_tables(TableReader& file, Mistakes& mistakes) {
  std::vector<ClaimTable> claims;
  const auto* node = file.find("claims");
  const auto* array = node == nullptr ? nullptr : node->as_array();
  const auto groups = named_tables(file, "groups", mistakes);
  if (array == nullptr ? node != nullptr || groups.empty() : array->empty()) {
    mistakes.add(file.place("claims"), "no claims: write a [[claims]] for each sentence to judge");
    return claims;
  }
  if (array != nullptr) {
    add_tables(*array, nullptr, "[[claims]]", claims, mistakes);
  }
  for (const auto& group : groups) {
    add_group(group, claims, mistakes);
  }
  std::ranges::stable_sort(claims, {}, [](const ClaimTable& claim) { return place_of(claim.own->source()); });
  return claims;
}

void check_groups(const std::vector<ClaimTable>& claims, const std::vector<std::string>& known,
                  Mistakes& mistakes) {
  std::set<const toml::table*> seen{nullptr};
  for (const auto& claim : claims) {
    if (seen.insert(claim.group).second) {
      check_group(claim, claims, known, mistakes);
    }
  }
}

std::vector<Quote> read_quotes(TableReader& file, const Quote& usual, Mistakes& mistakes) {
  std::vector<Quote> quotes;
  for (const auto& child : named_tables(file, "quotes", mistakes)) {
    quotes.push_back(read_quote(child, usual, mistakes));
  }
  return quotes;
}

Quote read_source(TableReader& claim, const std::vector<Quote>& quotes, const Quote& usual) {
  if (std::string cited; claim.has("cites")) {
    refuse_own_words(claim);
    if (claim.require("cites", cited)) {
      const auto found = std::ranges::find(quotes, cited, &Quote::name);
      if (found != quotes.end()) {
        return *found;
      }
      claim.mistake("cites", fmt::format("the experiment has no quote \"{}\"{}", cited,
                                         did_you_mean(cited, names_of(quotes))));
    }
    return {};
  }
  claim.find("cites");
  auto own = usual;
  claim.require("quote", own.text);
  read_origin(claim, own);
  return own;
}

}  // namespace assay::experiment
