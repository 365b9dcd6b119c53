// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_ast.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/random_name.hpp"
#include "base/scratch_folder.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <utility>

namespace assay::mutate {
namespace {

// Positions name their file only where it changes, in the order in which they are written.
using Json = nlohmann::ordered_json;

constexpr std::string_view standard_input = "<stdin>";

/// One end of a node.
struct Spot {
  std::optional<CToken> written;         ///< the token, where it is written in the file
  std::optional<std::size_t> expansion;  ///< the macro's name that it comes from, or is an argument of
};

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class Reader {
 public:
  explicit Reader(const CTokens& tokens) : tokens_(tokens) {}

  /// `parent` is nullptr for the outermost.
  CNode node(const Json& json) {
    auto result = node(json, nullptr, {});
    complete(result);
    return result;
  }

 private:
  struct Ends {
    Spot begin;
    Spot end;
    [[nodiscard]] bool of_one_macro() const {
      return begin.expansion.has_value() && begin.expansion == end.expansion;
    }
  };

  /// The token at a plain position when it is in our file; follows the file's name in any case.
  std::optional<CToken> plain(const Json& json) {
    if (const auto name = text_of(json, "file"); !name.empty()) {
      last_file_ = name;
    }
    if (last_file_ != standard_input || !json.contains("offset")) {
      return std::nullopt;
    }
    const auto begin = json["offset"].get<std::size_t>();
    return CToken{CToken::Kind::word, begin, begin + json.value("tokLen", std::size_t{0})};
  }

  Spot spot(const Json& json) {
    if (!json.contains("spellingLoc")) {
      return {plain(json), std::nullopt};
    }
    Spot result;
    const auto spelt = plain(json["spellingLoc"]);
    const auto& expansion = json["expansionLoc"];
    if (const auto name = plain(expansion)) {
      result.expansion = name->begin;
      // An argument of a macro that was called by a macro's body stands in that body.
      const bool argument = expansion.value("isMacroArgExpansion", false);
      if (argument && spelt && spelt->begin > name->begin && spelt->end < tokens_.macro_end(name->begin)) {
        result.written = spelt;
      }
    }
    return result;
  }

  Ends ends(const Json& range) {
    Ends result;
    result.begin = spot(range.value("begin", Json::object()));
    result.end = spot(range.value("end", Json::object()));
    return result;
  }

  static bool is_statement(const CNode& node) { return node.kind.ends_with("Stmt"); }

  void place(CNode& node, const Ends& ends, const CNode* parent, const Ends& around) const {
    const auto& [first, last] = ends;
    if (first.expansion) {
      node.macro = tokens_.text(tokens_.all().at(tokens_.at(*first.expansion)));
    }
    if (first.expansion == last.expansion) {
      if (first.written && last.written &&
          (!first.expansion || tokens_.whole(first.written->begin, last.written->end))) {
        put(node, first.written->begin, last.written->end);
      } else if (ends.of_one_macro() && parent != nullptr &&
                 is_all_of_macro(*first.expansion, *parent, around)) {
        put(node, *first.expansion, tokens_.macro_end(*first.expansion));
      }
      return;
    }
    // It goes beyond what a macro made, so it has all of that.
    if ((first.expansion || first.written) && (last.expansion || last.written)) {
      put(node, first.expansion ? *first.expansion : first.written->begin,
          last.expansion ? tokens_.macro_end(*last.expansion) : last.written->end);
    }
  }

  /// A node that a macro made, whose parent it did not make. A statement that begins in a macro, as a loop
  /// that a macro heads, has parts that are not all of the macro.
  static bool is_all_of_macro(std::size_t macro, const CNode& parent, const Ends& around) {
    const bool begins = around.begin.expansion == macro;
    return !(begins && (around.end.expansion == macro || is_statement(parent)));
  }

  /// Macros in the arguments of a macro have no place of their own in clang's tree; between what has one they
  /// do.
  void complete(CNode& node) const {
    if (node.placed && node.inner.size() == 1 && !node.inner[0].placed) {
      complete_inner(node, node.inner[0]);
    } else if (node.placed && node.inner.size() == 2 && node.kind == "BinaryOperator") {
      complete_sides(node, node.inner[0], node.inner[1]);
    }
    for (auto& one : node.inner) {
      complete(one);
    }
  }

  void complete_inner(const CNode& node, CNode& inner) const {
    const bool brackets = node.kind == "ParenExpr";
    if (node.kind == "ImplicitCastExpr" || node.kind == "ConstantExpr") {
      put_whole(inner, node.begin, node.end);
    } else if ((brackets && tokens_.behind(node.begin) == "(" && tokens_.before(node.end) == ")") ||
               (node.opcode == "!" && tokens_.behind(node.begin) == "!")) {
      put_whole(inner, node.begin + 1, node.end - (brackets ? 1 : 0));
    }
  }

  void complete_sides(const CNode& node, CNode& left, CNode& right) const {
    const auto sign = tokens_.last_operator(node.begin, node.end, node.opcode);
    if (sign && !left.placed) {
      put_whole(left, node.begin, sign->begin);
    }
    if (sign && !right.placed) {
      put_whole(right, sign->end, node.end);
    }
  }

  /// Without the white space and the comments around it.
  void put_whole(CNode& node, std::size_t begin, std::size_t end) const {
    if (tokens_.whole(begin, end)) {
      put(node, tokens_.all()[tokens_.at(begin)].begin, tokens_.all()[tokens_.at(end) - 1].end);
    }
  }

  static void put(CNode& node, std::size_t begin, std::size_t end) {
    node.placed = begin < end;
    node.begin = begin;
    node.end = end;
  }

  static void describe(CNode& node, const Json& json) {
    node.kind = text_of(json, "kind");
    node.opcode = text_of(json, "opcode");
    node.name = text_of(json, "name");
    node.value = text_of(json, "value");
    node.has_else = json.value("hasElse", false);
    if (const auto type = json.find("type"); type != json.end()) {
      node.type = text_of(*type, type->contains("desugaredQualType") ? "desugaredQualType" : "qualType");
    }
    if (const auto target = json.find("referencedDecl"); target != json.end()) {
      node.name = text_of(*target, "name");
      node.target = text_of(*target, "kind");
    }
  }

  CNode node(const Json& json, const CNode* parent, const Ends& around) {
    CNode result;
    describe(result, json);
    if (const auto where = json.find("loc"); where != json.end()) {
      (void)spot(*where);
    }
    Ends own;
    if (const auto range = json.find("range"); range != json.end()) {
      own = ends(*range);
      place(result, own, parent, around);
    }
    if (const auto inner = json.find("inner"); inner != json.end()) {
      for (const auto& one : *inner) {
        result.inner.push_back(node(one, &result, own));
      }
    }
    return result;
  }

  const CTokens& tokens_;
  std::string last_file_;
};

/// The text comes from a file of ours, so that the tree need not have it; its own folder's headers are found.
/// What clang answers goes to another one, so that messages do not come in between.
Command clang_command(const CFile& file, const fs::path& folder, const std::string& function) {
  Command command;
  command.argv = {"/bin/sh",
                  "-c",
                  R"(cd -- "$0" && exec "$@" <"$SCRATCH/text" >"$SCRATCH/tree.json")",
                  file.tree.string(),
                  "clang-19",
                  "-iquote",
                  fs::path(file.name).parent_path().string()};
  command.argv.insert(command.argv.end(), file.flags.begin(), file.flags.end());
  for (const auto* word : {"-w", "-fsyntax-only", "-ferror-limit=0", "-fno-color-diagnostics",
                           "-fno-caret-diagnostics", "-Xclang", "-ast-dump=json", "-Xclang"}) {
    command.argv.emplace_back(word);
  }
  command.argv.push_back("-ast-dump-filter=" + function);
  command.argv.insert(command.argv.end(), {"-x", "c", "-"});
  command.environment = {{"SCRATCH", folder.string()}};
  return command;
}

bool is_definition(const Json& json, const std::string& function) {
  const auto inner = json.find("inner");
  return text_of(json, "kind") == "FunctionDecl" && text_of(json, "name") == function &&
         inner != json.end() &&
         std::ranges::any_of(*inner, [](const Json& one) { return text_of(one, "kind") == "CompoundStmt"; });
}

/// The filter lets all declarations through that have the name as a part of theirs.
std::optional<CNode> find_definition(const fs::path& path, Reader reader, const std::string& function,
                                     std::size_t open) {
  std::ifstream stream(path);
  while (stream >> std::ws && stream.peek() != std::char_traits<char>::eof()) {
    Json json;
    stream >> json;
    if (!is_definition(json, function)) {
      continue;
    }
    auto node = reader.node(json);
    const auto body = std::ranges::find(node.inner, "CompoundStmt", &CNode::kind);
    if (body != node.inner.end() && body->placed && body->begin == open) {
      return node;
    }
  }
  return std::nullopt;
}

/// With the file's own name: clang knows it as its input only.
std::string first_error(const std::vector<std::string>& messages, const std::string& name) {
  const auto found = std::ranges::find_if(
      messages, [](const std::string& line) { return line.find("error: ") != std::string::npos; });
  std::string message = found != messages.end() ? *found : messages.empty() ? "" : messages.front();
  if (message.starts_with(standard_input)) {
    message.replace(0, standard_input.size(), name);
  }
  return message;
}

}  // namespace

Task<Result<std::optional<CNode>>> c_function(const CFile& file, const CTokens& tokens, std::string function,
                                              std::size_t open) {
  if (find_program("clang-19").empty()) {
    co_return fail(Failure::infrastructure,
                   "cannot parse {}: clang-19 is not installed: run \"apt install clang-19\"", file.name);
  }
  const ScratchFolder folder(fs::temp_directory_path() / ("assay-mutate-" + random_name()));
  auto written = make_directories(folder.path());
  if (written) {
    written = write_file(folder.path() / "text", file.text);
  }
  if (!written) {
    co_return written.error();
  }
  std::vector<std::string> messages;
  auto command = clang_command(file, folder.path(), function);
  command.on_line = [&messages](std::string_view line) { messages.emplace_back(line); };
  const auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  std::optional<CNode> found;
  try {
    found = find_definition(folder.path() / "tree.json", Reader(tokens), function, open);
  } catch (const nlohmann::json::exception& mistake) {
    co_return fail(Failure::infrastructure, "cannot read what clang-19 says of {} in {}: {} ({})", function,
                   file.name, mistake.what(), end->text());
  }
  // gcc's kernels may have what clang does not like; what it made of the rest is good, unless a header is
  // missing.
  const bool fatal = std::ranges::any_of(
      messages, [](const std::string& line) { return line.find(": fatal error: ") != std::string::npos; });
  if (!end->ok() && (fatal || !found)) {
    co_return fail(Failure::usage, "cannot parse {}: clang-19: {}", file.name,
                   messages.empty() ? end->text() : first_error(messages, file.name));
  }
  co_return found;
}

}  // namespace assay::mutate
