package recipes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/journal"
)

// Handler serves HTTP requests. It emits events without knowing their listeners.
type Handler struct {
	submitted *rollcall.Emitter[*Submitted]
	created   *rollcall.Emitter[*Created]
	rejected  *rollcall.Emitter[*Rejected]
	store     *Store
	journal   *journal.Journal
}

// NewHandler makes the handler.
func NewHandler(s *rollcall.Emitter[*Submitted], c *rollcall.Emitter[*Created], r *rollcall.Emitter[*Rejected],
	store *Store, j *journal.Journal) *Handler {
	return &Handler{submitted: s, created: c, rejected: r, store: store, journal: j}
}

// Mount adds the routes.
func (h *Handler) Mount(mux *http.ServeMux) {
	mux.HandleFunc("POST /recipes", h.post)
	mux.HandleFunc("GET /recipes/{id}", h.get)
}

const maxBody = 64 << 10

func (h *Handler) post(w http.ResponseWriter, r *http.Request) {
	var recipe Recipe
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&recipe); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	status, answer, err := h.submit(r, recipe)
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	reply(w, status, answer)
	h.journal.Note(recipe.Title, fmt.Sprintf("answered %d", status))
}

// submit emits the events of the recipe. Slow listeners run after the reply.
func (h *Handler) submit(r *http.Request, recipe Recipe) (int, any, error) {
	s := &Submitted{Recipe: &recipe}
	if err := h.submitted.Emit(r.Context(), s); err != nil {
		return 0, nil, err
	}
	if s.Refusal != "" {
		err := h.rejected.Emit(r.Context(), &Rejected{Recipe: recipe, Reason: s.Refusal})
		return http.StatusUnprocessableEntity, map[string]string{"error": s.Refusal}, err
	}
	return http.StatusCreated, recipe, h.created.Emit(r.Context(), &Created{Recipe: recipe})
}

func (h *Handler) get(w http.ResponseWriter, r *http.Request) {
	recipe, ok := h.store.Get(r.PathValue("id"))
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"error": "no such recipe"})
		return
	}
	reply(w, http.StatusOK, recipe)
}

// reply sends the whole answer at once, so that the client has it before
// anything else happens.
func reply(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer has no JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err = w.Write(body)
	_ = errors.Join(err, http.NewResponseController(w).Flush()) // a client that has gone needs no answer
}
