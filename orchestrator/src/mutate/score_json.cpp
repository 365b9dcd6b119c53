// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/score_json.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace assay::mutate {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned score_schema = 1;

// Sources may hold any bytes, JSON only letters. U+F780 to U+F7FF stand for bytes that are no part of one;
// such a letter itself is written as its three bytes. All are EF, 9E or 9F, and six bits in UTF-8.
constexpr std::string_view private_letters_1 = "\xef\x9e";
constexpr std::string_view private_letters_2 = "\xef\x9f";

bool is_private(std::string_view letter) {
  return letter.starts_with(private_letters_1) || letter.starts_with(private_letters_2);
}

std::string letters_of(std::string_view bytes) {
  std::string letters;
  while (!bytes.empty()) {
    const auto length = letter_length(bytes);
    if (length > 0 && !is_private(bytes.substr(0, length))) {
      letters += bytes.substr(0, length);
      bytes.remove_prefix(length);
      continue;
    }
    const unsigned byte = static_cast<unsigned char>(bytes.front());
    letters += (byte & 0x40U) == 0 ? private_letters_1 : private_letters_2;
    letters += static_cast<char>(0x80U | (byte & 0x3fU));
    bytes.remove_prefix(1);
  }
  return letters;
}

std::string bytes_of(std::string_view letters) {
  std::string bytes;
  while (!letters.empty()) {
    const bool is_byte = letters.size() >= 3 && is_private(letters);
    if (is_byte) {
      const unsigned high = letters.starts_with(private_letters_2) ? 0x40U : 0;
      bytes += static_cast<char>(0x80U | high | (static_cast<unsigned char>(letters[2]) & 0x3fU));
    } else {
      bytes += letters.front();
    }
    letters.remove_prefix(is_byte ? 3 : 1);
  }
  return bytes;
}

Json texts_json(const std::vector<std::string>& texts) {
  auto json = Json::array();
  for (const auto& text : texts) {
    json.push_back(letters_of(text));
  }
  return json;
}

/// What follows from the mutants, for those who read nothing else.
Json sums_json(const Score& score) {
  Json json;
  const auto percent = score.percent();
  json["percent"] = percent ? Json(*percent) : Json(nullptr);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last_fate); ++i) {
    const auto fate = static_cast<Fate>(i);
    json[std::string(name_of(fate))] = score.count(fate);
  }
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last_killer); ++i) {
    const auto killer = static_cast<Killer>(i);
    json["killers"][std::string(name_of(killer))] = score.count(killer);
  }
  return json;
}

Json line_json(const ScopeLine& line) {
  Json json;
  json["file"] = letters_of(line.file);
  json["line"] = line.line;
  json["text"] = letters_of(line.text);
  json["patched"] = line.patched;
  json["ran"] = line.ran ? Json(*line.ran) : Json(nullptr);
  json["watched"] = line.watched;
  return json;
}

Json mutant_json(const Judged& judged) {
  const auto& mutant = judged.mutant;
  Json json;
  json["id"] = letters_of(mutant.id);
  json["operator"] = std::string(name_of(mutant.op));
  json["file"] = letters_of(mutant.file);
  json["function"] = letters_of(mutant.function);
  json["line"] = mutant.line;
  json["column"] = mutant.column;
  json["offset"] = mutant.offset;
  json["length"] = mutant.length;
  json["before"] = letters_of(mutant.before);
  json["after"] = letters_of(mutant.after);
  json["diff"] = letters_of(judged.diff);
  json["fate"] = std::string(name_of(judged.fate));
  json["killer"] = judged.killer ? Json(std::string(name_of(*judged.killer))) : Json(nullptr);
  json["claim"] = letters_of(judged.claim);
  json["why"] = letters_of(judged.why);
  json["trials"] = judged.trials;
  json["kernel_id"] = letters_of(judged.kernel_id);
  json["image"] = letters_of(judged.image);
  json["run"] = letters_of(judged.run);
  return json;
}

Json lines_json(const std::vector<ScopeLine>& lines) {
  auto json = Json::array();
  for (const auto& line : lines) {
    json.push_back(line_json(line));
  }
  return json;
}

Json mutants_json(const std::vector<Judged>& mutants) {
  auto json = Json::array();
  for (const auto& one : mutants) {
    json.push_back(mutant_json(one));
  }
  return json;
}

/// The members of an object that somebody else may have written. What is not as it should be becomes nothing,
/// and the first such thing is remembered in `wrong`.
class Members {
 public:
  Members(const Json& object, std::string where, std::string& wrong)
      : object_(&object), where_(std::move(where)), wrong_(&wrong) {
    if (!object.is_object()) {
      complain(where_.empty() ? "it" : where_.substr(0, where_.size() - 1), "an object");
    }
  }

  /// Members that older versions do not write may be missing.
  [[nodiscard]] bool has(const char* key) const { return !find(key).is_discarded(); }

  [[nodiscard]] Members object(const char* key) const {
    return {find(key), fmt::format("{}{}.", where_, key), *wrong_};
  }

  [[nodiscard]] std::string text(const char* key) const { return text_of(find(key), where_ + key); }

  [[nodiscard]] bool flag(const char* key) const {
    const auto& value = find(key);
    if (!value.is_boolean()) {
      complain(where_ + key, "true or false");
    }
    return value.is_boolean() && value.get<bool>();
  }

  template <class Number>
  void read(const char* key, Number& number) const {
    const auto& value = find(key);
    constexpr auto most = std::numeric_limits<Number>::max();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= most) {
      number = static_cast<Number>(value.get<std::uint64_t>());
    } else {
      complain(where_ + key, fmt::format("a whole number from 0 to {}", most));
    }
  }

  void read(const char* key, std::optional<unsigned>& number) const {
    if (!find(key).is_null()) {
      read(key, number.emplace());
    }
  }

  /// By the names that the values up to `last` have.
  template <class Enum>
  void read(const char* key, Enum& result, Enum last) const {
    const auto name = text(key);
    std::vector<std::string> names;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
      names.emplace_back(name_of(static_cast<Enum>(i)));
      if (names.back() == name) {
        result = static_cast<Enum>(i);
        return;
      }
    }
    complain(where_ + key, "one of \"" + fmt::to_string(fmt::join(names, "\", \"")) + "\"");
  }

  template <class Enum>
  void read(const char* key, std::optional<Enum>& result, Enum last) const {
    if (!find(key).is_null()) {
      read(key, result.emplace(), last);
    }
  }

  [[nodiscard]] std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> result;
    for_each(key,
             [&](const Json& value, const std::string& where) { result.push_back(text_of(value, where)); });
    return result;
  }

  /// `read_one` of the members of each object of an array.
  template <class Read>
  void objects(const char* key, Read read_one) const {
    for_each(key, [&](const Json& value, const std::string& where) {
      read_one(Members(value, where + ".", *wrong_));
    });
  }

 private:
  [[nodiscard]] const Json& find(const char* key) const {
    static const Json nothing(Json::value_t::discarded);
    if (!object_->is_object()) {
      return nothing;
    }
    const auto found = object_->find(key);
    return found == object_->end() ? nothing : *found;
  }

  [[nodiscard]] std::string text_of(const Json& value, const std::string& where) const {
    if (!value.is_string()) {
      complain(where, "a text");
      return "";
    }
    return bytes_of(value.get_ref<const std::string&>());
  }

  template <class Visit>
  void for_each(const char* key, Visit visit) const {
    const auto& array = find(key);
    if (!array.is_array()) {
      complain(where_ + key, "an array");
      return;
    }
    for (std::size_t i = 0; i < array.size() && wrong_->empty(); ++i) {
      visit(array[i], fmt::format("{}{}[{}]", where_, key, i));
    }
  }

  void complain(const std::string& what, const std::string& expected) const {
    if (wrong_->empty()) {
      *wrong_ = fmt::format("{} has to be {}", what, expected);
    }
  }

  const Json* object_;
  std::string where_;
  std::string* wrong_;
};

ScopeLine line_from(const Members& members) {
  ScopeLine line;
  line.file = members.text("file");
  members.read("line", line.line);
  line.text = members.text("text");
  line.patched = members.flag("patched");
  members.read("ran", line.ran);
  members.read("watched", line.watched);
  return line;
}

Judged judged_from(const Members& members) {
  Judged judged;
  auto& mutant = judged.mutant;
  mutant.id = members.text("id");
  members.read("operator", mutant.op, last_operator);
  mutant.file = members.text("file");
  mutant.function = members.text("function");
  members.read("line", mutant.line);
  members.read("column", mutant.column);
  members.read("offset", mutant.offset);
  members.read("length", mutant.length);
  mutant.before = members.text("before");
  mutant.after = members.text("after");
  judged.diff = members.text("diff");
  members.read("fate", judged.fate, last_fate);
  members.read("killer", judged.killer, last_killer);
  judged.claim = members.text("claim");
  judged.why = members.text("why");
  members.read("trials", judged.trials);
  judged.kernel_id = members.text("kernel_id");
  judged.image = members.has("image") ? members.text("image") : "";
  judged.run = members.text("run");
  return judged;
}

Score score_from(const Members& members) {
  Score score;
  score.experiment = members.text("experiment");
  score.variant = members.text("variant");
  score.base = members.text("base");
  score.key = members.text("key");
  score.baseline = members.text("baseline");
  score.held = members.texts("held");
  score.not_held = members.texts("not_held");
  const auto read_both = [](const Members& from, auto& lines, auto& mutants) {
    from.objects("lines", [&](const Members& line) { lines.push_back(line_from(line)); });
    from.objects("mutants", [&](const Members& one) { mutants.push_back(judged_from(one)); });
  };
  read_both(members, score.lines, score.mutants);
  members.read("more", score.more);
  if (members.has("others")) {
    read_both(members.object("others"), score.others.lines, score.others.mutants);
  }
  return score;
}

Result<Json> parsed_score(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return fail(Failure::usage, "it is no JSON from byte {} on", error.byte);
  } catch (const nlohmann::json::exception&) {  // a number that no double has
    return fail(Failure::usage, "it is no JSON");
  }
}

}  // namespace

std::string score_json(const Score& score) {
  Json json;
  json["schema"] = score_schema;
  json["experiment"] = letters_of(score.experiment);
  json["variant"] = letters_of(score.variant);
  json["base"] = letters_of(score.base);
  json["key"] = letters_of(score.key);
  json["baseline"] = letters_of(score.baseline);
  json["score"] = sums_json(score);
  json["held"] = texts_json(score.held);
  json["not_held"] = texts_json(score.not_held);
  json["lines"] = lines_json(score.lines);
  json["mutants"] = mutants_json(score.mutants);
  json["more"] = score.more;
  json["others"]["lines"] = lines_json(score.others.lines);
  json["others"]["mutants"] = mutants_json(score.others.mutants);
  return json.dump(2, ' ', true) + "\n";
}

Result<Score> score_from_json(std::string_view text) {
  constexpr auto action = "read a score of mutants";
  const auto json = parsed_score(text);
  if (!json) {
    return json.error().within(action);
  }
  std::string wrong;
  const Members members(*json, "", wrong);
  unsigned schema = 0;
  members.read("schema", schema);
  if (wrong.empty() && schema != score_schema) {
    wrong = fmt::format("it has schema {}, and this version of Assay reads {}", schema, score_schema);
  }
  auto score = wrong.empty() ? score_from(members) : Score();
  if (!wrong.empty()) {
    return Error(Failure::usage, wrong).within(action);
  }
  return score;
}

}  // namespace assay::mutate
